// What waits for a person: why, since when, what is at stake, and what can be done about it.
import { useRef, useState } from 'react';
import type { ActorName } from '../../../machines/messages.ts';
import type { MoveName } from '../../../machines/system.ts';
import { Link, toOrder } from './addresses.tsx';
import { toDuration, toMoney, toShortId } from './formats.ts';
import { useAnswer, useNow } from './live.ts';
import { Moves, makeMove } from './moves.tsx';

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

interface Progress {
  readonly done: number;
  readonly of: number;
  readonly problems: readonly string[];
}

/** One after the other, so that a bulk of moves never crowds out the orders. */
const retryAll = async (orders: readonly Order[], tell: (progress: Progress) => void): Promise<void> => {
  const asked = orders.flatMap(({ id, allowed }) =>
    allowed.flatMap(({ move, actor }) => (move === 'retry' && actor ? [{ id, actor }] : [])),
  );
  const problems: string[] = [];
  for (const [done, { id, actor }] of asked.entries()) {
    tell({ done, of: asked.length, problems });
    const problem = await makeMove(id, 'retry', { actor, note: 'retried in bulk' });
    if (problem !== undefined) problems.push(`${toShortId(id)}: ${problem}`);
  }
  tell({ done: asked.length, of: asked.length, problems });
};

const Bulk = ({ orders }: { orders: readonly Order[] }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [progress, setProgress] = useState<Progress>();
  const [chosen, setChosen] = useState<readonly Order[]>([]);
  const groups = Map.groupBy(
    chosen.flatMap(({ incidents }) => incidents),
    ({ actor, text }) => `${actor}: ${text}`,
  );
  const open = (): void => {
    setChosen(orders.filter(({ allowed }) => allowed.some(({ move }) => move === 'retry')));
    setProgress(undefined);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" onClick={open} disabled={orders.length === 0}>
        Retry all
      </button>
      <dialog ref={dialog} aria-label="Retry all">
        <form method="dialog">
          <h2>Retry all?</h2>
          <p>Each of these is tried again from its first attempt, with the same key:</p>
          <ul>
            {[...groups].map(([text, each]) => (
              <li key={text}>
                <b>{each.length} ×</b> {text}
              </li>
            ))}
          </ul>
          {progress && (
            <label>
              {progress.done} of {progress.of} done
              <progress max={Math.max(1, progress.of)} value={progress.done} />
            </label>
          )}
          {progress?.problems.map((problem) => (
            <p key={problem} role="alert">
              {problem}
            </p>
          ))}
          <div className="row end">
            <button type="submit">Close</button>
            <button
              type="button"
              className="primary"
              disabled={progress !== undefined}
              onClick={() => retryAll(chosen, setProgress)}
            >
              Retry {chosen.length} {chosen.length === 1 ? 'order' : 'orders'}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
};

export const IncidentsView = () => {
  const now = useNow(2000);
  const answer = useAnswer<{ orders: readonly Order[] }>('/orders?incident=true&limit=100', now);
  const orders = answer?.orders ?? [];
  return (
    <section className="page">
      <header className="row">
        <h1>Incidents</h1>
        <span className="grow" />
        <Bulk orders={orders} />
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
