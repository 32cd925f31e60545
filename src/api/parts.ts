// What the routes are made with: the host, the catalogue, settings, clock and identifiers. It holds no
// behaviour, and it exists so that route files never import each other or app.ts.
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import type { Clock, Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { Host } from '../host.ts';
import type { Catalogue } from '../store.ts';
import type { Departures } from './departures.ts';

/** The Fastify instance that routes are added to: its handlers are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ApiParts {
  readonly host: Host;
  readonly catalogue: Catalogue;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Printed at `/metrics`; the API adds its own figures to it. */
  readonly metrics: Registry;
  readonly logger: FastifyBaseLogger;
  /** Addresses of others' routes that `/` names beside the API's own. */
  readonly links?: Readonly<Record<string, string>>;
}

export interface RouteParts extends ApiParts {
  readonly departures: Departures;
}
