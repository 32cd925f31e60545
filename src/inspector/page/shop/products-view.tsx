// Shop: the stock of every product (on hand, reserved, sold and available), and the orders that reserve it.
import { formatMoney } from '../../../../machines/money.ts';
import type { Product } from '../../../client.ts';
import type { HolderList } from '../../server/protocol.ts';
import { Link, toOrder, useAddress } from '../addresses.tsx';
import { toClock, toCount, toDuration, toShortId } from '../formats.ts';
import { useAnswer, useNow } from '../live.ts';
import { useProducts } from './products.ts';

const Bar = ({ product: { available, held, onHand } }: { product: Product }) => (
  <div className="bar" title={`${available} available, ${held} reserved, ${onHand} on hand`}>
    <i className="available" style={{ width: `${(available / Math.max(1, onHand)) * 100}%` }} />
    <i className="held" style={{ width: `${(held / Math.max(1, onHand)) * 100}%` }} />
  </div>
);

const Reservations = ({ productId, now }: { productId: string; now: number }) => {
  const answer = useAnswer<HolderList>(`/inspector/api/holders?id=${encodeURIComponent(productId)}`, now);
  if (!answer) return null;
  const { total, holders } = answer;
  return (
    <section className="holders" aria-label={`Reservations of ${productId}`}>
      {total === 0 && <p className="quiet">No reservations</p>}
      {total > holders.length && (
        <p className="quiet">
          {toCount(total, 'reservation')}; showing the {holders.length} that expire first
        </p>
      )}
      <ul className="orders">
        {holders.map(({ id, owner, state, quantity, until }) => (
          <li key={id}>
            <Link to={toOrder(id)}>
              <code>{toShortId(id)}</code>
              <span>
                {owner} <span className="quiet">{state}</span>
              </span>
              <span className="end">{quantity}</span>
              <span className="quiet">
                {until === null
                  ? 'does not expire'
                  : `expires at ${toClock(until)}, ${until > now ? `in ${toDuration(until - now)}` : 'now'}`}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};

/** What people call the counts that the API names so. */
const names = { available: 'available', held: 'reserved', onHand: 'on hand', sold: 'sold' };

export const ProductsView = () => {
  const now = useNow(2000);
  const { parts } = useAddress();
  const products = useProducts(now);
  return (
    <section className="page">
      <h1>Products</h1>
      {products?.length === 0 && <p className="quiet empty">No products</p>}
      <ul className="plain">
        {(products ?? []).map((product) => (
          <li key={product.productId} className="card product">
            <div>
              <b>{product.name}</b> <code>{product.productId}</code>{' '}
              <span className="quiet">{formatMoney(product.unitPrice, product.currency)}</span>
              {!product.onSale && <span className="quiet"> · off sale: no new orders</span>}
            </div>
            <Bar product={product} />
            <dl>
              {(['available', 'held', 'onHand', 'sold'] as const).map((name) => (
                <div key={name}>
                  <dt>{names[name]}</dt>
                  <dd>{product[name].toLocaleString('en')}</dd>
                </div>
              ))}
            </dl>
            <Link
              to={`/inspector/products${parts[1] === product.productId ? '' : `/${encodeURIComponent(product.productId)}`}`}
              className="button"
            >
              {parts[1] === product.productId ? 'Close' : 'Reservations'}
            </Link>
            {parts[1] === product.productId && <Reservations productId={product.productId} now={now} />}
          </li>
        ))}
      </ul>
    </section>
  );
};
