// What other nodes commit over the same store, as far as it concerns this host: who waits for it here is woken, and reads the
// store. It reads and decides nothing itself.
import type { Clock } from '../clock.ts';
import type { CommitObserver } from '../host.ts';
import type { Change } from '../nodes.ts';
import type { SystemView } from '../step/view.ts';
import type { Store } from '../store.ts';
import type { Caller } from './caller.ts';
import type { JournalFeed } from './journal-feed.ts';
import type { Notifier } from './notifier.ts';
import type { RunnerParts } from './runner-parts.ts';
import type { ServiceGates } from './service-gates.ts';

export interface ElsewhereParts {
  readonly store: Pick<Store, 'onChange' | 'join'>;
  readonly clock: Clock;
  readonly node?: RunnerParts<SystemView>['node'];
  /** Chart versions that this host knows. */
  readonly versions: readonly string[];
  readonly journal: Pick<JournalFeed, 'noteCommit'>;
  readonly settled: Pick<Notifier<never>, 'notify' | 'notifyAll'>;
  readonly caller: Pick<Caller, 'noteFreeCalls'>;
  readonly gates: Pick<ServiceGates, 'refresh'>;
  readonly observer?: CommitObserver | undefined;
}

/** From now on the node follows the others, and is known to them; the returned function ends the first. */
export const meetOthers = async (parts: ElsewhereParts): Promise<() => void> => {
  const { store, clock, node, versions: chartVersions } = parts;
  const leave = follow(parts);
  if (node) await store.join({ ...node, chartVersions, startedAt: clock.now() });
  return leave;
};

const follow = (parts: ElsewhereParts): (() => void) => {
  const { journal, settled, caller, gates, observer } = parts;
  const noteEvents = ({ orderIds }: Change): void => {
    journal.noteCommit();
    if (orderIds === undefined) settled.notifyAll();
    for (const orderId of orderIds ?? []) settled.notify(orderId);
    observer?.noteElsewhere?.(orderIds);
  };
  const take = (change: Change): void => {
    if (change.topic === 'events') noteEvents(change);
    else if (change.topic === 'calls') caller.noteFreeCalls();
    else if (change.topic === 'holds') void gates.refresh();
  };
  return parts.store.onChange?.(take) ?? (() => {});
};
