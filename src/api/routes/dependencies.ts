// What the shop's routes are made with, beside what the edge needs.
import type { Application } from '../../application.ts';
import type { MigratePage } from '../../migration.ts';
import type { Catalogue } from '../../shop/catalogue.ts';
import type { ShopHost } from '../../shop/placement.ts';
import type { CustomerActions } from '../../shop/services.ts';
import type { OrderView } from '../../shop/view.ts';
import type { SignedFacts } from '../../signed-facts.ts';
import type { ConnectedDependencies, EdgeDependencies } from '../edge/dependencies.ts';

export interface ApiDependencies extends EdgeDependencies<OrderView> {
  /** The shop, or one that extends it: its actors and messages are those of the API. */
  readonly application: Pick<Application, 'charts' | 'messages'>;
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  readonly migratePage: MigratePage;
  /** What the gateway can do for customers who confirm their payments. */
  readonly gateway: CustomerActions;
  /** What Stripe reports; absent where payments are made elsewhere. */
  readonly stripeFacts?: SignedFacts | undefined;
}

export type RouteDependencies = ApiDependencies & ConnectedDependencies<OrderView>;
