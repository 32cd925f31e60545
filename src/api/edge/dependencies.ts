// What the edge and the routes are made with. It holds no behaviour, so that route files never import each other or
// app.ts.
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import type { Keys } from '../../access.ts';
import type { Application } from '../../application.ts';
import type { Clock, Ids } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import type { OrderAccess, SystemView } from '../../host.ts';
import type { Services } from '../../service.ts';
import type { ServiceIncidents } from '../../service-incidents.ts';
import type { Tracing } from '../../tracing.ts';
import type { Webhooks } from '../../webhooks.ts';
import type { Disconnects } from './disconnects.ts';

/** The Fastify instance that routes are added to: its handlers are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What is known of facts: the messages of the application, the actors that get them, and the services that send them. */
export interface FactRules {
  readonly application: Pick<Application, 'messages' | 'charts'>;
  readonly services: Services;
}

/** What every application's API is made with. */
export interface EdgeDependencies<View extends SystemView = SystemView> {
  readonly host: OrderAccess<View>;
  readonly keys: Keys;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Printed at `/metrics`; the API adds its own figures to it. */
  readonly metrics: Registry;
  readonly logger: FastifyBaseLogger;
  /** Who may send facts of their own accord, to whom. */
  readonly facts: FactRules;
  /** What needs a person and is about a service instead of an order. */
  readonly incidents: ServiceIncidents;
  /** Left out: the service has no webhooks. */
  readonly webhooks?: Webhooks;
  /** Left out: nothing is traced. */
  readonly tracing?: Tracing;
  /** Addresses of others' routes that `/` names beside the API's own. */
  readonly links?: Readonly<Record<string, string>>;
}

export interface ConnectedDependencies<View extends SystemView = SystemView> extends EdgeDependencies<View> {
  readonly disconnects: Disconnects;
}
