// What a runner is made with. It holds no behaviour.
import type { Logger } from 'pino';
import type { Application } from '../application.ts';
import type { Clock, Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { Faults } from '../faults.ts';
import type { CommitObserver } from '../host.ts';
import type { Metrics } from '../metrics.ts';
import type { NodeFacts } from '../nodes.ts';
import type { Services } from '../service.ts';
import type { SloTracker } from '../slo-tracker.ts';
import type { SystemView } from '../step/view.ts';
import type { Store } from '../store.ts';
import type { Tracing } from '../tracing.ts';

export interface RunnerParts<View extends SystemView> {
  readonly application: Application<View>;
  readonly store: Store;
  readonly services: Services;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Called at every commit point. Left out: nothing happens there. */
  readonly faults?: Faults;
  /** Observes this host's commits. */
  readonly observer?: CommitObserver;
  /** Gets what leaves states. Left out: nobody asks how long orders are in their states. */
  readonly slos?: SloTracker;
  /** Left out: nothing is traced. */
  readonly tracing?: Tracing;
  /**
   * Other hosts are at work over the same store: their calls are left alone until their leases end. Left
   * out: no other process has the store open.
   */
  readonly shared?: boolean;
  /** What others may know of this node. Left out: they are not told. */
  readonly node?: Omit<NodeFacts, 'startedAt' | 'chartVersions'>;
}
