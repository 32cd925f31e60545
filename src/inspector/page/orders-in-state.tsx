// The orders in one state of the flow, the longest waiting first: to go to one, or to move many.
import { useState } from 'react';
import type { OrderInState } from '../shapes.ts';
import { Link, toOrder } from './addresses.tsx';
import { Bulk } from './bulk.tsx';
import { toOrdersQuery } from './flow-filter.tsx';
import { toDuration, toMoney, toShortId } from './formats.ts';
import { useAnswer } from './live.ts';

interface Listed {
  readonly total: number;
  readonly orders: readonly OrderInState[];
}
interface Settled {
  readonly orders: readonly Omit<OrderInState, 'since' | 'incident'>[];
}

const everyMs = 2000;

/** Settled orders are not kept in memory: they are read from the API, and are not moved from here. */
export const SettledOrders = ({
  path,
  filter,
  now,
}: {
  path: string;
  filter: URLSearchParams;
  now: number;
}) => {
  const query = toOrdersQuery(filter);
  const answer = useAnswer<Settled>(
    `/orders?limit=50&state=${encodeURIComponent(path)}${query}`,
    Math.floor(now / everyMs),
  );
  return (
    <section className="card" aria-label={`Orders in ${path}`}>
      <header className="row">
        <h2>
          {path} <small>the newest</small>
        </h2>
        <span className="grow" />
        <Link to={toFlow(filter)} className="button">
          Close
        </Link>
      </header>
      {answer?.orders.length === 0 && <p className="quiet">No orders are here now.</p>}
      <ul className="orders">
        {answer?.orders.map((order) => (
          <li key={order.id}>
            <OrderLink order={order} said={order.state} />
          </li>
        ))}
      </ul>
    </section>
  );
};

const toFlow = (filter: URLSearchParams): string => `/inspector${filter.size === 0 ? '' : `?${filter}`}`;

const OrderLink = ({ order, said }: { order: Omit<OrderInState, 'since' | 'incident'>; said: string }) => (
  <Link to={toOrder(order.id)}>
    <code>{toShortId(order.id)}</code>
    <span>{order.customerId}</span>
    <span className="end">{toMoney(order.amount, order.currency)}</span>
    <span className="quiet">{said}</span>
  </Link>
);

const useChosen = (orders: readonly OrderInState[]) => {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
    setAll(false);
  };
  const here = orders.filter(({ id }) => chosen.has(id));
  return { isAll, setAll, toggle, has: (id: string) => isAll || chosen.has(id), here };
};

export const MovingOrders = ({
  path,
  filter,
  now,
}: {
  path: string;
  filter: URLSearchParams;
  now: number;
}) => {
  const query = new URLSearchParams([...filter, ['state', path]]);
  const answer = useAnswer<Listed>(`/inspector/api/orders?${query}`, Math.floor(now / everyMs));
  const orders = answer?.orders ?? [];
  const total = answer?.total ?? 0;
  const { isAll, setAll, toggle, has, here } = useChosen(orders);
  const count = isAll ? total : here.length;
  const findIds = async (): Promise<readonly string[]> => {
    if (!isAll) return here.map(({ id }) => id);
    const response = await fetch(`/inspector/api/order-ids?${query}`);
    const { ids }: { ids: readonly string[] } = await response.json();
    return ids;
  };
  return (
    <section className="card" aria-label={`Orders in ${path}`}>
      <header className="row">
        <h2>
          {path} <small>{total.toLocaleString('en')}, the longest waiting first</small>
        </h2>
        <span className="grow" />
        {(['cancel', 'retry'] as const).map((move) => (
          <Bulk
            key={move}
            move={move}
            name={`${move === 'cancel' ? 'Cancel' : 'Retry'} ${count.toLocaleString('en')} selected`}
            isDisabled={count === 0}
            findIds={findIds}
          />
        ))}
        <Link to={toFlow(filter)} className="button">
          Close
        </Link>
      </header>
      {total === 0 && <p className="quiet">No orders are here now.</p>}
      {total > 0 && (
        <label className="pick all">
          <input type="checkbox" checked={isAll} onChange={() => setAll(!isAll)} />
          all {total.toLocaleString('en')} that are here
        </label>
      )}
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.id} className="row">
            <input
              type="checkbox"
              aria-label={`Select ${order.id}`}
              checked={has(order.id)}
              onChange={() => toggle(order.id)}
            />
            <OrderLink order={order} said={toDuration(now - order.since)} />
          </li>
        ))}
      </ul>
    </section>
  );
};
