// The orders in one state of the flow, the longest waiting first: to open one, or to move many.
import { useState } from 'react';
import type { ApplicationInfo, ListedOrder, OrderList } from '../server/protocol.ts';
import { Link, toOrder } from './addresses.tsx';
import { Bulk } from './bulk.tsx';
import { toDuration, toShortId } from './formats.ts';
import { useAnswer } from './live.ts';
import { ask, toRefusal } from './session.ts';
import { useAllowed } from './signed-in.tsx';

const everyMs = 2000;

/** Settled orders are not kept in memory: they are read from the store, and are not moved from here. */
export const SettledOrders = ({
  path,
  filter,
  now,
}: {
  path: string;
  filter: URLSearchParams;
  now: number;
}) => {
  const listed = ['owner', 'createdFrom', 'createdBefore'];
  const query = new URLSearchParams([...filter].filter(([name]) => listed.includes(name)));
  query.set('state', path);
  const answer = useAnswer<Pick<OrderList, 'orders'>>(
    `/inspector/api/settled-orders?${query}`,
    Math.floor(now / everyMs),
  );
  return (
    <section className="card" aria-label={`Orders in ${path}`}>
      <header className="row">
        <h2>
          {path} <small>newest first</small>
        </h2>
        <span className="grow" />
        <Link to={toFlow(filter)} className="button">
          Close
        </Link>
      </header>
      {answer?.orders.length === 0 && <p className="quiet">No orders in this state</p>}
      <ul className="orders">
        {answer?.orders.map((order) => (
          <li key={order.id}>
            <OrderLink order={order} note={order.state} />
          </li>
        ))}
      </ul>
    </section>
  );
};

const toFlow = (filter: URLSearchParams): string => `/inspector${filter.size === 0 ? '' : `?${filter}`}`;

const OrderLink = ({ order, note }: { order: ListedOrder; note: string }) => (
  <Link to={toOrder(order.id)}>
    <code>{toShortId(order.id)}</code>
    <span>{order.owner}</span>
    <span className="end">{order.details.join(', ')}</span>
    <span className="quiet">{note}</span>
  </Link>
);

const useSelection = (orders: readonly ListedOrder[]) => {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
    setAll(false);
  };
  const here = orders.filter(({ id }) => selected.has(id));
  return { isAll, setAll, toggle, has: (id: string) => isAll || selected.has(id), here };
};

export const OrdersInFlight = ({
  application,
  path,
  filter,
  now,
}: {
  application: ApplicationInfo;
  path: string;
  filter: URLSearchParams;
  now: number;
}) => {
  const query = new URLSearchParams([...filter, ['state', path]]);
  const answer = useAnswer<OrderList>(`/inspector/api/orders?${query}`, Math.floor(now / everyMs));
  const orders = answer?.orders ?? [];
  const total = answer?.total ?? 0;
  const { isAll, setAll, toggle, has, here } = useSelection(orders);
  const { allowed, others } = useAllowed(application.bulkMoves, application);
  const count = isAll ? total : here.length;
  const findIds = async (): Promise<readonly string[]> => {
    if (!isAll) return here.map(({ id }) => id);
    const response = await ask(`/inspector/api/order-ids?${query}`);
    if (!response.ok) throw new Error(await toRefusal(response));
    const { ids }: { ids: readonly string[] } = await response.json();
    return ids;
  };
  return (
    <section className="card" aria-label={`Orders in ${path}`}>
      <header className="row">
        <h2>
          {path} <small>{total.toLocaleString('en')}, longest waiting first</small>
        </h2>
        <span className="grow" />
        {others !== undefined && <span className="quiet">{others}</span>}
        {allowed.map((move) => (
          <Bulk
            key={move.move}
            move={move}
            name={`${move.label} (${count.toLocaleString('en')})`}
            isDisabled={count === 0}
            findIds={findIds}
          />
        ))}
        <Link to={toFlow(filter)} className="button">
          Close
        </Link>
      </header>
      {total === 0 && <p className="quiet">No orders in this state</p>}
      {total > 0 && allowed.length > 0 && (
        <label className="pick all">
          <input type="checkbox" checked={isAll} onChange={() => setAll(!isAll)} />
          Select all {total.toLocaleString('en')}
        </label>
      )}
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.id} className="row">
            {allowed.length > 0 && (
              <input
                type="checkbox"
                aria-label={`Select ${order.id}`}
                checked={has(order.id)}
                onChange={() => toggle(order.id)}
              />
            )}
            <OrderLink order={order} note={`for ${toDuration(now - order.since)}`} />
          </li>
        ))}
      </ul>
    </section>
  );
};
