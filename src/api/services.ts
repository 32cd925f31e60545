// The services of an application: whether each is called now, how its calls went lately, and pausing one. It calls none, and
// knows no order.
import { z } from 'zod';
import { toIsoTime } from '../clock.ts';
import { publicPath } from '../config.ts';
import { AppError } from '../errors.ts';
import {
  type HeldService,
  type ServiceHold,
  type ServiceStatus,
  serviceStates,
  toServiceState,
} from '../service-holds.ts';
import type { Api, EdgeDependencies } from './edge/dependencies.ts';
import { identifier, text } from './edge/inputs.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';
import { components, instant, link } from './edge/schemas.ts';

const kind = z.enum(['pause', 'circuit']).describe('somebody paused it, or its circuit opened');
const by = z.string().nullable().describe('the principal; null: nobody was named, or nobody asked');
const resumedAt = instant
  .nullable()
  .describe('since when calls are made again, a few at a time; null: none are made');
const held = z
  .strictObject({
    kind,
    reason: z.string(),
    since: instant,
    by,
    resumedAt,
    triedAgainAt: instant
      .nullable()
      .describe(
        'when one call is made to see whether the service works again; null unless its circuit is open',
      ),
  })
  .register(components, { id: 'HeldService', description: 'Why a service is not called as always' });
const hold = z
  .strictObject({
    kind,
    reason: z.string(),
    since: instant,
    by,
    resumedAt,
    resumedBy: by,
    endedAt: instant.nullable(),
  })
  .register(components, {
    id: 'ServiceHold',
    description: 'A time in which a service was not called, or only a few times at once',
  });
const recently = z.strictObject({
  windowMs: z
    .int()
    .describe('the time that the figures are about, until now. They begin anew with each start'),
  calls: z.int(),
  failed: z.int(),
  errorRate: z.number().min(0).max(1).nullable().describe('null: there were no calls'),
  p50Ms: z.number().nullable().describe('half of the calls took no longer'),
  p95Ms: z.number().nullable(),
});
const failedCall = z.strictObject({
  at: instant,
  orderId: z.string(),
  command: z.string(),
  what: z.string().describe('a fixed word, such as no-answer'),
});
const service = z
  .strictObject({
    name: z.string(),
    place: z
      .enum(['inside', 'outside'])
      .describe('inside: it lives in the store and answers within commits, so it is never paused'),
    state: z
      .enum(serviceStates)
      .describe('open: its circuit is open. resuming: it is called again, a few calls at a time'),
    held: held.nullable(),
    inFlight: z.int().describe('calls that are under way'),
    waiting: z.int().describe('calls that are decided and not under way'),
    recently,
    lastErrors: z.array(failedCall).describe('the newest first'),
    holds: z.array(hold).describe('the last ones, the newest first'),
    incidents: z.int().describe('open incidents whose subject is this service'),
    links: z.strictObject({ self: link, incidents: link }),
  })
  .register(components, { id: 'Service', description: 'A service, and how its calls go' });
type ServiceJson = z.output<typeof service>;

const toTime = (at: number | null): string | null => (at === null ? null : toIsoTime(at));

const toHeld = (each: HeldService): ServiceJson['held'] => ({
  kind: each.kind,
  reason: each.reason,
  since: toIsoTime(each.since),
  by: each.principal,
  resumedAt: toTime(each.resumedAt),
  triedAgainAt: toTime(each.triedAgainAt),
});

const toHold = (each: ServiceHold): ServiceJson['holds'][number] => ({
  kind: each.kind,
  reason: each.reason,
  since: toIsoTime(each.since),
  by: each.principal,
  resumedAt: toTime(each.resumedAt),
  resumedBy: each.resumedBy,
  endedAt: toTime(each.endedAt),
});

const toService = (status: ServiceStatus, incidents: number, path: string): ServiceJson => {
  const { service: name, place, figures, inFlight, waiting } = status;
  const { windowMs, calls, failed, p50Ms, p95Ms, lastErrors } = figures;
  return {
    name,
    place,
    state: toServiceState(status),
    held: status.held === undefined ? null : toHeld(status.held),
    inFlight,
    waiting,
    recently: { windowMs, calls, failed, errorRate: calls === 0 ? null : failed / calls, p50Ms, p95Ms },
    lastErrors: lastErrors.map(({ at, orderId, command, what }) => ({
      at: toIsoTime(at),
      orderId,
      command,
      what,
    })),
    holds: status.holds.map(toHold),
    incidents,
    links: {
      self: `${path}/services/${encodeURIComponent(name)}`,
      incidents: `${path}/services/incidents`,
    },
  };
};

type Parts = Pick<EdgeDependencies, 'host' | 'incidents' | 'settings'>;

const readServices = async ({ host, incidents, settings }: Parts): Promise<ServiceJson[]> => {
  const [services, open] = await Promise.all([host.services(), incidents.openByService()]);
  return services.map((each) => toService(each, open[each.service] ?? 0, publicPath(settings)));
};

/** @throws AppError `service-not-found`. */
const readService = async (parts: Parts, name: string): Promise<ServiceJson> => {
  const found = (await readServices(parts)).find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new AppError('service-not-found', `There is no service ${name}.`);
};

const params = z.strictObject({ name: identifier.describe('the name of the service, such as gateway') });

const addReading = (api: Api, parts: Parts): void => {
  api.get(
    '/services',
    {
      config: { access: 'orders:read' },
      schema: {
        operationId: 'listServices',
        summary: 'The services, whether each is called now, and how its calls went lately',
        tags: ['operations'],
        response: {
          200: json('All services', z.strictObject({ services: z.array(service) })),
          ...problems('store-unavailable'),
        },
      },
    },
    async () => ({ services: await readServices(parts) }),
  );
  api.get(
    '/services/:name',
    {
      config: { access: 'orders:read' },
      schema: {
        operationId: 'readService',
        summary: 'One service, whether it is called now, and how its calls went lately',
        tags: ['operations'],
        params,
        response: {
          200: json('The service', service),
          ...problems('service-not-found', 'store-unavailable'),
        },
      },
    },
    async ({ params: { name } }) => readService(parts, name),
  );
};

const setting = z.discriminatedUnion('paused', [
  z.strictObject({
    paused: z.literal(true),
    reason: text.describe('why; those who may read all orders see it, and the log has it'),
  }),
  z.strictObject({ paused: z.literal(false) }),
]);

const addPausing = (api: Api, parts: Parts): void => {
  api.put(
    '/services/:name',
    {
      config: { access: 'incidents' },
      schema: {
        operationId: 'setService',
        summary: 'Pauses a service with a reason, or resumes it',
        description:
          'While a service is paused no call to it is made, also after a start; calls under way end. Orders are taken and wait, and deadlines that wait for the service are postponed. Once it is resumed, a few calls are made at once, and more with each that succeeds. Pausing a paused service changes the reason. An open circuit closes by itself: `paused: false` leaves it alone.',
        tags: ['operations'],
        params,
        body: setting,
        response: {
          200: json('The service as it is now', service),
          ...problems('service-not-found', ...bodyProblems),
        },
      },
    },
    async ({ caller: { principal }, params: { name }, body }) => {
      if (body.paused) await parts.host.pauseService(name, { reason: body.reason, principal });
      else await parts.host.resumeService(name, principal);
      return readService(parts, name);
    },
  );
};

export const addServices = (api: Api, parts: Parts): void => {
  addReading(api, parts);
  addPausing(api, parts);
};
