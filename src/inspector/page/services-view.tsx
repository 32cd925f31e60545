// The services: whether each is called now, how its calls went lately, what waits, and its open incidents; and the nodes that
// call them. People pause and resume services here; the API decides.
import type { ApplicationInfo } from '../server/protocol.ts';
import { Link, toOrder } from './addresses.tsx';
import { FormButton } from './form-button.tsx';
import { toClock, toCount, toDuration, toShortId } from './formats.ts';
import { useNow } from './live.ts';
import { Nodes, useNodes } from './nodes.tsx';
import { ServiceIncidents } from './service-incidents.tsx';
import {
  type Service,
  stateTexts,
  toErrorText,
  toFailureText,
  toHeldText,
  toHoldText,
  toLatency,
} from './service-words.ts';
import { pauseService, resumeService, useServiceIncidents, useServices } from './services.ts';
import { toForbidden, useMay } from './signed-in.tsx';
import { useCounter } from './use-counter.ts';

const tones = { running: 'good', paused: 'warn', open: 'bad', resuming: 'doing' } as const;

const Pausing = ({ service: { name, place, state, held }, onDone }: { service: Service; onDone(): void }) => {
  if (place === 'inside') return null;
  const isPaused = state === 'paused';
  const waits = `Orders are accepted and wait; deadlines that wait for ${name} are postponed.`;
  return (
    <span className="row">
      {isPaused && (
        <FormButton
          label={`Resume ${name}`}
          consequence="Calls that waited are made now: a few at first, then more with each that succeeds."
          open={() => () => resumeService(name)}
          onDone={onDone}
        />
      )}
      <FormButton
        label={isPaused ? 'Change reason' : `Pause ${name}`}
        consequence={
          isPaused
            ? `${name} stays paused.`
            : `No more calls are made to ${name}, also after a restart; calls under way end. ${waits}`
        }
        isDangerous={!isPaused}
        open={() => (form) => pauseService(name, String(form.get('reason')))}
        onDone={onDone}
      >
        <label>
          Reason
          <input
            name="reason"
            required
            autoComplete="off"
            defaultValue={isPaused && held !== null ? held.reason : ''}
          />
        </label>
      </FormButton>
    </span>
  );
};

const Figures = ({ service: { recently, inFlight, waiting } }: { service: Service }) => {
  const figures = [
    ['errors', toErrorText(recently)],
    ['half took at most', toLatency(recently.p50Ms)],
    ['95 % took at most', toLatency(recently.p95Ms)],
    ['under way', inFlight.toLocaleString('en')],
    ['waiting', waiting.toLocaleString('en')],
  ];
  return (
    <dl className="service-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const LastErrors = ({
  errors,
  words,
}: {
  errors: Service['lastErrors'];
  words: Readonly<Record<string, string>>;
}) => (
  <section aria-label="Last errors">
    <h3>Last errors</h3>
    <ul className="service-lines">
      {errors.map(({ at, orderId, command, what }) => (
        <li key={`${at} ${orderId} ${command}`}>
          <code>{toClock(Date.parse(at))}</code>{' '}
          <Link to={toOrder(orderId)}>
            <code>{toShortId(orderId)}</code>
          </Link>{' '}
          {words[command] ?? command}: <b>{toFailureText(what)}</b>
        </li>
      ))}
    </ul>
  </section>
);

const Holds = ({ holds, now }: { holds: Service['holds']; now: number }) => (
  <details>
    <summary className="quiet">Holds so far: {holds.length}</summary>
    <ul className="service-lines">
      {holds.map((hold) => (
        <li key={`${hold.kind} ${hold.since}`}>{toHoldText(hold, now)}</li>
      ))}
    </ul>
  </details>
);

const ServiceCard = ({
  application,
  service,
  now,
  onDone,
}: {
  application: ApplicationInfo;
  service: Service;
  now: number;
  onDone(): void;
}) => {
  const { name, place, state, recently, lastErrors, holds, incidents } = service;
  const { pause } = application.serviceScopes;
  const mayPause = useMay(pause);
  const held = toHeldText(service, now);
  return (
    <li className={`card service ${tones[state]}`} aria-label={`Service ${name}`}>
      <header className="row">
        <h2>{name}</h2>
        <span className={`badge ${tones[state]}`}>{stateTexts[state]}</span>
        {place === 'inside' && <span className="quiet">in the store: it answers within commits</span>}
        {incidents > 0 && <span className="bubble">{toCount(incidents, 'open incident')}</span>}
        <span className="grow" />
        {place === 'outside' && mayPause && pause !== undefined && (
          <Pausing service={service} onDone={onDone} />
        )}
        {place === 'outside' && !mayPause && <span className="quiet">{toForbidden([['pause', pause]])}</span>}
      </header>
      {held !== undefined && <p className="held">{held}</p>}
      {place === 'outside' && (
        <>
          <Figures service={service} />
          <p className="quiet">Calls of the last {toDuration(recently.windowMs)}, counted since this start</p>
        </>
      )}
      {lastErrors.length > 0 && <LastErrors errors={lastErrors} words={application.words.messages} />}
      {holds.length > 0 && <Holds holds={holds} now={now} />}
    </li>
  );
};

export const ServicesView = ({ application }: { application: ApplicationInfo }) => {
  const now = useNow(2000);
  const [changes, onDone] = useCounter();
  const version = `${now} ${changes}`;
  const services = useServices(version);
  const incidents = useServiceIncidents(version);
  const nodes = useNodes(version);
  return (
    <section className="page">
      <h1>Services</h1>
      {services?.length === 0 && <p className="quiet empty">This application calls no services</p>}
      <ul className="plain">
        {(services ?? []).map((service) => (
          <ServiceCard key={service.name} {...{ application, service, now, onDone }} />
        ))}
      </ul>
      <h2>Open incidents of services</h2>
      {incidents?.length === 0 && <p className="quiet">None. Incidents of orders are in their own view.</p>}
      <ServiceIncidents {...{ application, now, onDone }} incidents={incidents ?? []} />
      <h2>Nodes</h2>
      <Nodes {...{ now }} nodes={nodes ?? []} />
    </section>
  );
};
