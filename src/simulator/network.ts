// What lies between the processes: distance, and everything that can happen to a message on its way. A request
// can be lost, come late or twice, and so can its answer; whoever waits is never told which it was.
import type { SeededRandom } from './random.ts';
import type { Weather } from './scenario.ts';
import type { Timeline } from './timeline.ts';

export interface Network {
  /**
   * Brings a request to a service and its answer back. `deed` is done each time that the request arrives;
   * `lost` is told when an answer to it got lost. May never settle.
   */
  ask<T>(deed: () => T, lost: () => void): Promise<T>;
  /** Resolves after the time that a message takes. */
  travel(): Promise<void>;
  /** Requests to services, their answers and repetitions that are on their way. */
  readonly inTransit: number;
}

class ConnectionBroken extends Error {}

/** A repetition arrives within this time: no bank is asked to remember longer than it does. */
const latestRepetitionMs = 120_000;

export const createNetwork = (
  timeline: Timeline,
  chance: SeededRandom,
  weather: Weather,
  distanceMs: number,
): Network => {
  let inTransit = 0;
  const send = (delayMs: number, arrive: () => void): void => {
    inTransit += 1;
    timeline.after(delayMs, () => {
      inTransit -= 1;
      arrive();
    });
  };
  return {
    ask: <T>(deed: () => T, lost: () => void) => {
      const answer = Promise.withResolvers<T>();
      if (chance.happens(weather.requestRepeated)) send(chance.between(1, latestRepetitionMs), deed);
      if (chance.happens(weather.requestLost)) return answer.promise;
      send(chance.delay(distanceMs), () => {
        if (chance.happens(weather.connectionBroken)) {
          answer.reject(new ConnectionBroken('the connection broke'));
          return;
        }
        const said = deed();
        if (chance.happens(weather.answerLost)) lost();
        else send(chance.delay(distanceMs), () => answer.resolve(said));
      });
      return answer.promise;
    },
    travel: () => {
      const arrived = Promise.withResolvers<void>();
      timeline.after(chance.delay(distanceMs), arrived.resolve);
      return arrived.promise;
    },
    get inTransit() {
      return inTransit;
    },
  };
};
