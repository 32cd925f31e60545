// The inspector as one part: what it observes of the host, and what it adds to the API. It changes no order.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Keys } from '../../access.ts';
import { createAdmission } from '../../admission.ts';
import type { Application } from '../../application.ts';
import { identify } from '../../callers.ts';
import type { Clock } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { CommitObserver, OrderAccess } from '../../host.ts';
import type { Metrics } from '../../metrics.ts';
import type { Services } from '../../service.ts';
import type { SloTracker } from '../../slo-tracker.ts';
import type { StoreFigures } from '../../store.ts';
import { Flow } from './flow.ts';
import { joinObservers } from './observers.ts';
import { addRoutes } from './routes.ts';
import { Samples } from './samples.ts';
import { StatelyFeed } from './stately.ts';

/** How the inspector's WebSocket learns what the API knows of a request. */
export interface InspectorAccess {
  readonly keys: Pick<Keys, 'find' | 'firstMadeAt'>;
  /** Whether it came to the port that the inspector is on. Left out: there is one. */
  isHere?(request: IncomingMessage): boolean;
}

/** Whoever may read all orders may listen. */
const whyRefused = (
  request: IncomingMessage,
  { keys, isHere = () => true }: InspectorAccess,
  { OPEN_TO_EVERYONE }: Settings,
): number | undefined => {
  if (!isHere(request)) return 404;
  const caller = identify(request, keys, OPEN_TO_EVERYONE === '1');
  if (caller instanceof AppError) return caller.code === 'key-required' ? 401 : 403;
  return caller.owner === undefined && caller.may('orders:read') ? undefined : 403;
};

export interface InspectorParts {
  readonly application: Application;
  readonly services: Services;
  readonly readFigures: () => Promise<StoreFigures>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Left out: states are drawn without their objectives' figures. */
  readonly slos?: SloTracker;
  /** The folder of the built page. Left out: that of `npm run build-page`. */
  readonly pageFolder?: string;
}

export interface Inspector {
  /** For the host. */
  readonly observer: CommitObserver;
  /** Adds the page and what it reads to `api`. Its streams end when the server closes. */
  addTo(api: FastifyInstance, host: OrderAccess, access: InspectorAccess): void;
}

export const createInspector = (parts: InspectorParts): Inspector => {
  const { application, services, settings } = parts;
  const outside = Object.values(services).flatMap(({ name, place }) => (place === 'outside' ? [name] : []));
  const flow = new Flow(parts);
  const stately =
    settings.STATELY_INSPECT === '1' ? new StatelyFeed(application, createAdmission(settings)) : undefined;
  return {
    observer: joinObservers(stately ? [flow, stately] : [flow]),
    addTo: (api, host, access) => {
      addRoutes(api, { ...parts, host, flow, samples: new Samples({ ...parts, outside }), outside });
      stately?.attach(api.server, {
        clock: parts.clock,
        whyRefused: (request) => whyRefused(request, access, settings),
      });
      api.addHook('preClose', async () => stately?.close());
    },
  };
};
