// The stock of every product: on hand, promised, sold, and what is left.
import { toMoney } from './formats.ts';
import { useAnswer, useNow } from './live.ts';

interface Product {
  readonly productId: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly onHand: number;
  readonly held: number;
  readonly sold: number;
  readonly available: number;
}

const Bar = ({ product: { available, held, onHand } }: { product: Product }) => (
  <div className="bar" title={`${available} available, ${held} held of ${onHand} on hand`}>
    <i className="available" style={{ width: `${(available / Math.max(1, onHand)) * 100}%` }} />
    <i className="held" style={{ width: `${(held / Math.max(1, onHand)) * 100}%` }} />
  </div>
);

export const ProductsView = () => {
  const now = useNow(2000);
  const answer = useAnswer<{ products: readonly Product[] }>('/products?limit=100', now);
  return (
    <section className="page">
      <h1>Products</h1>
      {answer?.products.length === 0 && <p className="quiet empty">The catalogue is empty.</p>}
      <ul className="plain">
        {(answer?.products ?? []).map((product) => (
          <li key={product.productId} className="card product">
            <div>
              <b>{product.name}</b> <code>{product.productId}</code>{' '}
              <span className="quiet">{toMoney(product.unitPrice, product.currency)}</span>
            </div>
            <Bar product={product} />
            <dl>
              {(['available', 'held', 'onHand', 'sold'] as const).map((name) => (
                <div key={name}>
                  <dt>{name === 'onHand' ? 'on hand' : name}</dt>
                  <dd>{product[name].toLocaleString('en')}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
};
