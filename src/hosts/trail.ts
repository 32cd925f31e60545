// What each message of an order changed: its recorded messages taken through the same charts once more. It lets other work go
// on in between, however long the history is.
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Host, TrailEntry } from '../host.ts';
import { limits } from '../limits.ts';
import type { Received } from '../step/effect.ts';
import { firstVersion, replayMessage } from '../step/replay.ts';
import { newSystem } from '../step/snapshot.ts';
import type { SystemState } from '../step/system-state.ts';
import { type SystemView, toSystemView } from '../step/view.ts';
import type { Store } from '../store.ts';
import { createTurns, inTurn } from '../turns.ts';
import type { Engine } from './engine.ts';
import { readHistory } from './read-history.ts';

/** Messages that are replayed before other work goes on. */
const portion = 20;

export interface TrailParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly store: Pick<Store, 'load' | 'received'>;
  readonly clock: Pick<Clock, 'soon'>;
}

export const createTrail = <View extends SystemView>({
  engine,
  store,
  clock,
}: TrailParts<View>): Host<View>['trail'] => {
  const { application, system } = engine;
  const viewOf = (orderId: string, state: SystemState): View =>
    application.toView(toSystemView(application, orderId, state), state);
  const replay = async (orderId: string, charts: string, messages: readonly Received[], after: number) => {
    const [first] = messages;
    if (first === undefined) return [];
    const entries: TrailEntry<View>[] = [];
    let state: SystemState | undefined = newSystem(system, first.at, first.correlationId, charts);
    for (const received of messages) {
      if (received.version % portion === 0) await new Promise<void>((done) => clock.soon(done));
      const replayed: ReturnType<typeof replayMessage> | undefined =
        state && replayMessage(system, orderId, state, received);
      const next: SystemState | undefined = typeof replayed === 'object' ? replayed.result.state : undefined;
      if (received.version > after) {
        entries.push({
          received,
          before: state && state.version > 0 ? viewOf(orderId, state) : undefined,
          after: next && viewOf(orderId, next),
        });
      }
      state = next;
    }
    return entries;
  };
  const read: Host<View>['trail'] = async (orderId, after, limit) => {
    const stored = (await store.load([orderId])).get(orderId);
    if (stored === undefined) throw new AppError('order-not-found', `There is no order ${orderId}.`);
    const { chartVersion } = stored.summary;
    // A history that goes on after the page may name the version that it began on.
    const messages = await readHistory(store, orderId, stored.version);
    const charts = firstVersion(messages) ?? chartVersion;
    if (!system.versions.has(charts)) {
      return messages
        .slice(after, after + limit)
        .map((received) => ({ received, before: undefined, after: undefined }));
    }
    return replay(orderId, charts, messages.slice(0, after + limit), after);
  };
  const takeTurn = createTurns();
  let waiting = 0;
  // One after the other: however many ask, a replay has no more than its share of the time.
  return async (...asked) => {
    if (waiting >= limits.waitingTrails) {
      throw new AppError('overloaded', `${waiting} histories are being read; try again in a moment.`);
    }
    waiting += 1;
    try {
      return await inTurn(takeTurn, () => read(...asked));
    } finally {
      waiting -= 1;
    }
  };
};
