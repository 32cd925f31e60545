// The clients of a kill round as they arrive: some with each process, more while a commit point is awaited. It never
// looks at what they do, only at how many are done.
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../src/simulator/random.ts';

export interface Load {
  /** So many more clients arrive soon, unless too many are active. */
  add(count: number): void;
  /** How many there were so far. */
  arrived(): number;
  /** How many of them have what they wanted. */
  served(): number;
}

/** Clients arrive within this time. */
const spreadMs = 250;
/** More than a service that is killed all the time can serve would only delay each other. */
const mostActive = 40;

/** @param run does all that the client of a number does */
export const createLoad = (seed: string, run: (client: number) => Promise<void>): Load => {
  let [arrived, served] = [0, 0];
  const serve = async (client: number): Promise<void> => {
    await pause(createRandom(seed, 'arrival', client).between(0, spreadMs));
    await run(client);
    served += 1;
  };
  return {
    add: (count) => {
      for (let each = 0; each < count && arrived - served < mostActive; each += 1) {
        void serve(arrived);
        arrived += 1;
      }
    },
    arrived: () => arrived,
    served: () => served,
  };
};
