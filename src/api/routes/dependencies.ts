// What the shop's routes are made with, beside what the edge needs.
import type { MigratePage } from '../../migration.ts';
import type { Catalogue } from '../../shop/catalogue.ts';
import type { ShopHost } from '../../shop/placement.ts';
import type { OrderView } from '../../shop/view.ts';
import type { ConnectedDependencies, EdgeDependencies } from '../edge/dependencies.ts';

export interface ApiDependencies extends EdgeDependencies<OrderView> {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  readonly migratePage: MigratePage;
}

export interface RouteDependencies extends ConnectedDependencies<OrderView> {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
}
