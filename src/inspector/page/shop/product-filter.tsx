// Shop: the products of the catalogue, to filter the flow by.
import { useAnswer } from '../live.ts';

interface Catalogue {
  readonly products: readonly { readonly productId: string; readonly name: string }[];
}

export const ProductFilter = ({ id, value }: { id: string; value: string }) => {
  const catalogue = useAnswer<Catalogue>('/products?limit=100', 'once');
  return (
    <select id={id} name={id} defaultValue={value} key={catalogue?.products.length}>
      <option value="">Any</option>
      {catalogue?.products.map((product) => (
        <option key={product.productId} value={product.productId}>
          {product.name}
        </option>
      ))}
    </select>
  );
};
