// One examiner of a team (team.ts), in a thread of its own: pages of cases come in, what was found goes out.
import { parentPort } from 'node:worker_threads';
import { orderSystem } from '../../machines/system.ts';
import { limits } from '../config.ts';
import { registerSystem } from '../step/register.ts';
import { examineCase, type Terms } from './examine-case.ts';
import type { Case } from './facts.ts';
import { createTally } from './tally.ts';

export interface Page {
  readonly cases: readonly Case[];
  readonly terms: Terms;
}

const system = registerSystem(orderSystem, limits);
parentPort?.on('message', ({ cases, terms }: Page) => {
  const tally = createTally();
  for (const given of cases) examineCase(system, given, terms, tally);
  parentPort?.postMessage(tally.data());
});
