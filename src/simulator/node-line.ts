// A node's line to the store that it shares with others: requests and answers take their time, the line breaks, before or after
// a batch is stored, and now and then the store is out of reach for longer. What was sent arrives, even if the node has
// ended meanwhile.
import { ConnectionLost, type NodeLink } from '../node-link.ts';
import type { FaultRates } from './fault-rates.ts';
import type { Monitor } from './monitor.ts';
import type { Process } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface LineParts {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly rates: FaultRates;
  readonly monitor: Monitor;
}

const mostTravelMs = 20;
/** A batch that is on its way while its line breaks may arrive this late. */
const latestArrivalMs = 400;
/** How soon a break is noticed, and for how long the store can be out of reach: longer than a node tries to learn of a batch. */
const breakWithinMs = 60;
const longestAwayMs = 15_000;
const shareOfAbsences = 0.1;

export const createLine = (process: Process, { timeline, random, rates, monitor }: LineParts): NodeLink => {
  const { receive } = process;
  let awayUntil = 0;
  const travel = (): Promise<void> => timeline.wait(random.between(0, mostTravelMs));
  const requireReach = (): void => {
    if (timeline.now() >= awayUntil && !random.happens(rates.storeAway)) return;
    if (random.happens(rates.storeAway > 0 ? shareOfAbsences : 0)) {
      awayUntil = Math.max(awayUntil, timeline.now() + random.between(0, longestAwayMs));
    }
    throw new ConnectionLost('the store is out of reach');
  };
  /** The batch goes on by itself. */
  const breakDown = async (carriedOut: Promise<void>): Promise<never> => {
    carriedOut.catch(() => {});
    await timeline.wait(random.between(0, breakWithinMs));
    throw new ConnectionLost('the connection broke during the commit');
  };
  return {
    ask: (read) =>
      receive(async () => {
        await travel();
        requireReach();
        const found = await read();
        await travel();
        return found;
      }),
    send: (carryOut) =>
      receive(async () => {
        requireReach();
        const breaks = random.happens(rates.writeUnanswered);
        const isLate = breaks && random.happens(0.3);
        const arrived = timeline.wait(random.between(0, isLate ? latestArrivalMs : mostTravelMs));
        const carriedOut = arrived.then(carryOut);
        if (breaks) return breakDown(carriedOut);
        await carriedOut;
        await travel();
      }),
    pause: (ms) => new Promise((resolve) => process.clock.schedule(resolve, ms)),
    noteStored: (write) => monitor.noteWrite(process, write),
    saw: monitor.saw,
  };
};
