// The shop as a node of a release runs it that knows only one version of the charts.
import { registry } from '../machines/registry.ts';
import type { Application } from '../src/application.ts';
import { shop } from '../src/shop/shop.ts';
import type { OrderView } from '../src/shop/view.ts';

/** The shop of release 0.1.0. */
export const shopOfVersion1: Application<OrderView> = {
  ...shop,
  chartVersion: '1',
  ...registry[1],
  otherVersions: {},
};
