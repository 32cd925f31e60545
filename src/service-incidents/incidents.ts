// The incidents of services, over one store: opened once under a key, counted for Prometheus, and closed by whoever took care
// of them. It knows no order.
import type { FastifyBaseLogger } from 'fastify';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock, Ids } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import type {
  Opening,
  OpeningResult,
  ServiceIncident,
  ServiceIncidentStore,
  ServiceIncidents,
} from '../service-incidents.ts';

interface IncidentParts {
  readonly store: ServiceIncidentStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Ids;
  readonly logger: Pick<FastifyBaseLogger, 'error'>;
  readonly registry: Registry;
  /** Counted also while they have none. */
  readonly services?: readonly string[];
}

export const createServiceIncidents = (parts: IncidentParts): ServiceIncidents => {
  const { store, clock } = parts;
  const noteOpened = addMetrics(parts);
  const find = async (incidentId: string): Promise<ServiceIncident> => {
    const found = await store.serviceIncident(incidentId);
    if (found !== undefined) return found;
    throw new AppError('incident-not-found', `No incident of a service has the id ${incidentId}.`);
  };
  return {
    open: async (opening) => {
      const result = await open(parts, opening);
      if (result === 'opened') noteOpened(opening);
      return result;
    },
    closeKey: async (key, closing) => {
      await store.closeServiceIncident({ key }, { ...closing, at: clock.now() });
    },
    resolve: async (incidentId, closing) => {
      await find(incidentId);
      const isClosed = await store.closeServiceIncident({ incidentId }, { ...closing, at: clock.now() });
      if (isClosed) return find(incidentId);
      throw new AppError('incident-closed', `The incident ${incidentId} was closed before.`);
    },
    list: (page) => store.serviceIncidents(page),
    countOpen: async () =>
      Object.values(await store.openServiceIncidents()).reduce((sum, count) => sum + count, 0),
    openByService: () => store.openServiceIncidents(),
  };
};

const open = async (
  { store, clock, ids, logger }: IncidentParts,
  { once, details, ...said }: Opening,
): Promise<OpeningResult> => {
  const incident: ServiceIncident = {
    ...{ ...said, incidentId: ids.next(), details: toBounded(details), openedAt: clock.now() },
    ...{ closedAt: null, closedBy: null, note: null },
  };
  const standing = await store.openServiceIncident(incident, {
    once,
    most: limits.openServiceIncidents,
  });
  const { service, reason, key } = incident;
  if (standing === undefined) {
    const text = 'an incident of a service is not kept, because too many are open (GET /services/incidents)';
    logger.error({ service, reason, key }, text);
    return 'not-opened';
  }
  const { incidentId } = standing;
  if (incidentId !== incident.incidentId) return standing.closedAt === null ? 'open' : 'closed';
  logger.error({ incidentId, service, reason, key }, 'a service has an incident (GET /services/incidents)');
  return 'opened';
};

const toBounded = (details: Opening['details']): Opening['details'] =>
  Buffer.byteLength(JSON.stringify(details)) <= limits.incidentDetailsBytes ? details : {};

const addMetrics = ({ store, registry, services = [] }: IncidentParts) => {
  const opened = new Counter({
    name: 'orderchart_service_incidents_opened_total',
    help: 'Incidents of services that were opened, by service and reason',
    labelNames: ['service', 'reason'],
    registers: [registry],
  });
  const gauge: Gauge<'service'> = new Gauge({
    name: 'orderchart_service_incidents',
    help: 'Incidents of services that are open, by service',
    labelNames: ['service'],
    registers: [registry],
    collect: async () => {
      const counts = await store.openServiceIncidents();
      gauge.reset();
      for (const service of services) gauge.set({ service }, 0);
      for (const [service, count] of Object.entries(counts)) gauge.set({ service }, count);
    },
  });
  return ({ service, reason }: Opening) => opened.inc({ service, reason });
};
