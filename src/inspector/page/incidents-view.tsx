// What waits for a person: why, since when, what is at stake, and what can be done about it.
import type { ActorName } from '../../../machines/messages.ts';
import type { MoveName } from '../../../machines/system.ts';
import { Link, toOrder } from './addresses.tsx';
import { Bulk } from './bulk.tsx';
import { toDuration, toMoney, toShortId } from './formats.ts';
import { useAnswer, useNow } from './live.ts';
import { Moves } from './moves.tsx';

interface Order {
  readonly id: string;
  readonly customerId: string;
  readonly amount: number;
  readonly currency: string;
  readonly state: string;
  readonly actors: Readonly<Record<ActorName, { readonly state: string }>>;
  readonly items: readonly { readonly name: string; readonly quantity: number }[];
  readonly incidents: readonly { actor: ActorName; reason: string; text: string; since: string }[];
  readonly allowed: readonly {
    move: MoveName;
    by: 'customer' | 'operator';
    actor?: ActorName;
    outcomes?: readonly string[];
    upTo?: number;
  }[];
}

const holding = /^(?:reserved|committing|releasing)/;

const Incident = ({ order, now }: { order: Order; now: number }) => (
  <li className="card incident-row" aria-label={`Incident of ${order.id}`}>
    <div>
      <Link to={toOrder(order.id)}>
        <code>{toShortId(order.id)}</code> {order.customerId}
      </Link>
      {order.incidents.map(({ actor, reason, text, since }) => (
        <p key={`${actor} ${reason}`}>
          <b>{actor}</b>: {text}{' '}
          <span className="quiet">
            ({reason}, since {toDuration(now - Date.parse(since))})
          </span>
        </p>
      ))}
    </div>
    <p className="stake">
      <b>{toMoney(order.amount, order.currency)}</b>
      {holding.test(order.actors.inventory.state) && (
        <span className="quiet">
          {' '}
          holds {order.items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ')}
        </span>
      )}
    </p>
    <Moves view={order} />
  </li>
);

interface Answer {
  readonly orders: readonly Order[];
  readonly next: string | null;
}

const isRetriable = ({ allowed }: Order): boolean => allowed.some(({ move }) => move === 'retry');

/** All that can be retried, also those behind the page that is shown. */
const findRetriable = async (): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const response = await fetch(`/orders?incident=true&limit=100${after}`);
    const { orders, next }: Answer = await response.json();
    ids.push(...orders.filter(isRetriable).map(({ id }) => id));
    if (next === null) return ids;
    after = `&after=${encodeURIComponent(next)}`;
  }
};

export const IncidentsView = ({ count }: { count: number }) => {
  const now = useNow(2000);
  const answer = useAnswer<Answer>('/orders?incident=true&limit=100', now);
  const orders = answer?.orders ?? [];
  return (
    <section className="page">
      <header className="row">
        <h1>
          Incidents{' '}
          {count > orders.length && (
            <small>
              the newest {orders.length} of {count}
            </small>
          )}
        </h1>
        <span className="grow" />
        <Bulk move="retry" name="Retry all" isDisabled={!orders.some(isRetriable)} findIds={findRetriable} />
      </header>
      {answer && orders.length === 0 && <p className="quiet empty">Nothing waits for a person.</p>}
      <ul className="plain">
        {orders.map((order) => (
          <Incident key={order.id} order={order} now={now} />
        ))}
      </ul>
    </section>
  );
};
