// The stock of every product: on hand, promised, sold, and what is left; and who holds what until when.
import type { Holder } from '../shapes.ts';
import { Link, toOrder, useAddress } from './addresses.tsx';
import { toClock, toDuration, toMoney, toShortId } from './formats.ts';
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

const Holders = ({ productId, now }: { productId: string; now: number }) => {
  const answer = useAnswer<{ total: number; holders: readonly Holder[] }>(
    `/inspector/api/holders?productId=${encodeURIComponent(productId)}`,
    now,
  );
  if (!answer) return null;
  const { total, holders } = answer;
  return (
    <section className="holders" aria-label={`Who holds ${productId}`}>
      {total === 0 && <p className="quiet">No order holds any of it now.</p>}
      {total > holders.length && (
        <p className="quiet">
          {total.toLocaleString('en')} orders, the {holders.length} whose hold ends first
        </p>
      )}
      <ul className="orders">
        {holders.map(({ id, customerId, state, quantity, until }) => (
          <li key={id}>
            <Link to={toOrder(id)}>
              <code>{toShortId(id)}</code>
              <span>
                {customerId} <span className="quiet">{state}</span>
              </span>
              <span className="end">{quantity}</span>
              <span className="quiet">
                {until === null
                  ? 'no longer expires'
                  : `until ${toClock(until)}, ${until > now ? `in ${toDuration(until - now)}` : 'now'}`}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};

export const ProductsView = () => {
  const now = useNow(2000);
  const { parts } = useAddress();
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
            <Link
              to={`/inspector/products${parts[1] === product.productId ? '' : `/${encodeURIComponent(product.productId)}`}`}
              className="button"
            >
              {parts[1] === product.productId ? 'Close' : `Who holds ${product.held.toLocaleString('en')}`}
            </Link>
            {parts[1] === product.productId && <Holders productId={product.productId} now={now} />}
          </li>
        ))}
      </ul>
    </section>
  );
};
