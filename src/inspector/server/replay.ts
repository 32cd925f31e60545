// One order's recorded messages, taken through its charts once more: from what is kept of an earlier replay, at a pace that
// leaves the event loop to others. It makes nothing to look at of them.

import { type Application, toChartSystem } from '../../application.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess } from '../../host.ts';
import { limits, limitsWithoutPlans } from '../../limits.ts';
import type { Steppable } from '../../step/postponement.ts';
import { registerSystem } from '../../step/register.ts';
import { firstVersion, replayMessage } from '../../step/replay.ts';
import { newSystem } from '../../step/snapshot.ts';
import type { StepResult } from '../../step/step.ts';
import type { SystemState } from '../../step/system-state.ts';
import { type Exchange, KeptReplays, type Past } from './kept-replays.ts';
import type { Pace } from './pace.ts';

/** One message of a replay. */
export interface Replayed {
  readonly before: SystemState;
  readonly incoming: Steppable;
  readonly result: StepResult;
  readonly past: Past;
}

interface Wanted {
  readonly host: OrderAccess;
  readonly orderId: string;
  /** It may begin behind this version, which need not be replayed. */
  readonly after: number;
  readonly upTo: number;
  readonly pace: Pace;
}

export const createReplay = (
  application: Application,
  toExchange: (before: SystemState, incoming: Steppable, result: StepResult) => Exchange | undefined,
) => {
  const system = registerSystem(toChartSystem(application), limitsWithoutPlans, () => true);
  const kept = new KeptReplays();

  /** The version that the order was placed on; undefined: there is no such order. */
  const findFirstVersion = async ({ host, orderId, pace }: Wanted): Promise<string | undefined> => {
    const { chartVersion: version, unreadable } = (await host.get(orderId)) ?? {};
    if (version === undefined) return undefined;
    if (unreadable !== undefined && !system.versions.has(version)) {
      throw new AppError('order-unreadable', unreadable);
    }
    if (system.versions.size === 1) return version;
    let after = 0;
    for (;;) {
      if (pace.isDue) await pace.turn();
      const page = await host.received(orderId, after, limits.replayPage);
      const first = firstVersion(page);
      const last = page.at(-1);
      if (first !== undefined || last === undefined) return first ?? version;
      after = last.version;
    }
  };

  const readFrom = async function* (wanted: Wanted, past: Past, start: SystemState | undefined) {
    const { host, orderId, upTo, pace } = wanted;
    let state = start;
    const version = state === undefined ? await findFirstVersion(wanted) : state.charts;
    for (;;) {
      const page = await host.received(orderId, state?.version ?? 0, limits.replayPage);
      if (page.length === 0) return;
      for (const row of page) {
        if (row.version > upTo) return;
        if (pace.isDue) await pace.turn();
        pace.noteMessage();
        const before = state ?? newSystem(system, row.at, row.correlationId, version);
        const replayed = replayMessage(system, orderId, before, row);
        if (typeof replayed === 'string') {
          throw new AppError('order-unreadable', `The timeline ends here: ${replayed}.`);
        }
        const { incoming, result } = replayed;
        ({ state } = result);
        past.note(state, result.received, toExchange(before, incoming, result));
        yield { before, incoming, result, past } satisfies Replayed;
      }
    }
  };

  /**
   * The messages behind the newest kept snapshot that is not newer than `after`, and its past.
   * @throws AppError `order-unreadable`; BudgetSpent or ReaderLeft, as the pace does: what was reached is kept.
   */
  const open = (wanted: Wanted) => {
    const past = kept.open(wanted.orderId);
    const start = past.before(Math.min(wanted.after, wanted.upTo));
    const messages = async function* (): AsyncGenerator<Replayed> {
      try {
        yield* readFrom(wanted, past, start);
      } finally {
        wanted.pace.pause();
        kept.keep(wanted.orderId, past);
      }
    };
    return { past, start, messages: messages() };
  };
  return { system, open };
};
