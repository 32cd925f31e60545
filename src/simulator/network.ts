// What lies between the processes: distance, and everything that can happen to a message on its way. A request can get
// lost, arrive late or twice, and so can its answer; the sender never learns which it was.

import type { FaultRates } from './fault-rates.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface Network {
  /**
   * Takes a request to a service and brings its answer back. `act` runs each time that the request arrives; `onLost`
   * runs when its answer gets lost. May never settle.
   */
  ask<T>(act: () => T, onLost: () => void): Promise<T>;
  /** Resolves after the time that a message takes. */
  travel(): Promise<void>;
  /** Requests to services, their answers and repetitions that are on their way. */
  readonly inTransit: number;
}

class ConnectionBroken extends Error {}

/** A repetition arrives within this time, which is far shorter than a service remembers keys. */
const latestRepetitionMs = 120_000;

export const createNetwork = (
  timeline: Timeline,
  random: SeededRandom,
  rates: FaultRates,
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
    ask: <T>(act: () => T, onLost: () => void) => {
      const asked = Promise.withResolvers<T>();
      if (random.happens(rates.requestRepeated)) send(random.between(1, latestRepetitionMs), act);
      if (random.happens(rates.requestLost)) return asked.promise;
      send(random.delay(distanceMs), () => {
        if (random.happens(rates.connectionBroken)) {
          asked.reject(new ConnectionBroken('the connection broke'));
          return;
        }
        const answer = act();
        if (random.happens(rates.answerLost)) onLost();
        else send(random.delay(distanceMs), () => asked.resolve(answer));
      });
      return asked.promise;
    },
    travel: () => timeline.wait(random.delay(distanceMs)),
    get inTransit() {
      return inTransit;
    },
  };
};
