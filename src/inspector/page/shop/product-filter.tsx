// Shop: the products of the catalogue, to filter the flow by.
import { useProducts } from './products.ts';

export const ProductFilter = ({ id, value }: { id: string; value: string }) => {
  const products = useProducts('once');
  return (
    <select id={id} name={id} defaultValue={value} key={products?.length}>
      <option value="">Any</option>
      {products?.map((product) => (
        <option key={product.productId} value={product.productId}>
          {product.name}
        </option>
      ))}
    </select>
  );
};
