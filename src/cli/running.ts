// What the commands are given by main.ts: the whole, and a way to make it. Commands never put parts together.
import type { FastifyInstance } from 'fastify';
import type { Keys } from '../access.ts';
import type { Settings } from '../config.ts';
import type { Recovery } from '../host.ts';
import type { LocalSocket } from '../local-socket.ts';
import type { UnknownOrder } from '../shop/audit/unknown-orders.ts';
import type { Catalogue } from '../shop/catalogue.ts';
import type { ShopHost } from '../shop/placement.ts';

/** What a command needs of the whole (src/main.ts makes it). */
export interface Running {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  readonly keys: Keys;
  readonly api: FastifyInstance;
  /** Listens at ADMIN_PORT, and resolves with the address; undefined without it. */
  listenForAdmins(): Promise<string | undefined>;
  readonly localSocket: LocalSocket | undefined;
  readonly recovery: Recovery;
  readonly unknownOrders: readonly UnknownOrder[];
  close(): Promise<void>;
}
export type Create = (settings: Settings) => Promise<Running>;
