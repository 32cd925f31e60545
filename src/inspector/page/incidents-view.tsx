// The open incidents: what is wrong, since when, what is at stake, and what can be done.
import type { ApplicationInfo, IncidentList, OrderWithIncidents } from '../server/protocol.ts';
import { Link, toOrder } from './addresses.tsx';
import { Bulk } from './bulk.tsx';
import { toDuration, toShortId } from './formats.ts';
import { useAnswer, useNow } from './live.ts';
import { Moves } from './moves.tsx';
import { ServiceIncidents } from './service-incidents.tsx';
import { useServiceIncidents } from './services.ts';
import { ask, toRefusal } from './session.ts';
import { useAllowed } from './signed-in.tsx';
import { useCounter } from './use-counter.ts';

const Incident = ({
  application,
  order,
  now,
}: {
  application: ApplicationInfo;
  order: OrderWithIncidents;
  now: number;
}) => (
  <li className="card incident-row" aria-label={`Incident of ${order.id}`}>
    <div>
      <Link to={toOrder(order.id)}>
        <code>{toShortId(order.id)}</code> {order.owner}
      </Link>
      {order.incidents.map(({ actor, reason, text, since }) => (
        <p key={`${actor} ${reason}`}>
          <b>{actor}</b>: {text}{' '}
          <span className="quiet">
            ({reason}
            {since > 0 && `, open for ${toDuration(now - since)}`})
          </span>
        </p>
      ))}
    </div>
    <p className="stake">
      <b>{order.details[0]}</b>
      {order.details.slice(1).map((detail) => (
        <span key={detail} className="quiet">
          {' '}
          {detail}
        </span>
      ))}
    </p>
    <Moves application={application} orderId={order.id} moves={order.moves} />
  </li>
);

const isRetriable = ({ moves }: OrderWithIncidents): boolean => moves.some(({ path }) => path === 'retry');

/** All that can be retried, also those behind the page that is shown. */
const findRetriable = async (): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const response = await ask(`/inspector/api/incidents${after}`);
    if (!response.ok) throw new Error(await toRefusal(response));
    const { orders, next }: IncidentList = await response.json();
    ids.push(...orders.filter(isRetriable).map(({ id }) => id));
    if (next === null) return ids;
    after = `?after=${encodeURIComponent(next)}`;
  }
};

export const IncidentsView = ({ application, count }: { application: ApplicationInfo; count: number }) => {
  const now = useNow(2000);
  const answer = useAnswer<IncidentList>('/inspector/api/incidents', now);
  const orders = answer?.orders ?? [];
  const [changes, onDone] = useCounter();
  const services = useServiceIncidents(`${now} ${changes}`) ?? [];
  const { allowed } = useAllowed(application.bulkMoves, application);
  const retry = allowed.find(({ move }) => move === 'retry');
  return (
    <section className="page">
      <header className="row">
        <h1>
          Incidents{' '}
          {answer && answer.next !== null && (
            <small>
              newest {orders.length} of {Math.max(count, orders.length)}
            </small>
          )}
        </h1>
        <span className="grow" />
        {retry && (
          <Bulk
            move={retry}
            name="Retry all"
            isDisabled={!orders.some(isRetriable)}
            findIds={findRetriable}
          />
        )}
      </header>
      <ServiceIncidents {...{ application, now, onDone }} incidents={services} />
      {answer && orders.length === 0 && services.length === 0 && (
        <p className="quiet empty">No open incidents</p>
      )}
      <ul className="plain">
        {orders.map((order) => (
          <Incident key={order.id} application={application} order={order} now={now} />
        ))}
      </ul>
    </section>
  );
};
