// What is kept in memory of an order that is in flight while a page is open: enough to place it on the chart and in
// lists. It is read off the order's view.
import type { Application } from '../../application.ts';
import type { SystemView } from '../../step/view.ts';
import type { Filtered } from './filter.ts';
import type { ListedOrder } from './protocol.ts';

export interface InFlightOrder extends ListedOrder, Filtered {
  readonly version: number;
  readonly hasIncident: boolean;
}

export const toListed = ({ mainActor, display }: Application, view: SystemView): ListedOrder => {
  const main = view.actors[mainActor];
  return {
    id: view.id,
    state: main?.state ?? view.state,
    owner: view.owner,
    details: display?.details?.(view) ?? [],
    since: main?.since ?? view.updatedAt,
  };
};

export const toInFlight = (application: Application, view: SystemView): InFlightOrder => ({
  ...toListed(application, view),
  version: view.version,
  hasIncident: view.incidents.length > 0,
  holdings: application.display?.holdings?.(view) ?? [],
  chartVersion: view.chartVersion,
  createdAt: view.createdAt,
});
