// What every host promises, as one suite: run on each implementation. It uses the shop's host
// and nothing else.
import { describe } from 'vitest';
import { describeDeadlines } from './host-deadlines.ts';
import { describeEnds } from './host-ends.ts';
import { describeMessages } from './host-messages.ts';
import { describeReads } from './host-reads.ts';
import type { OpenHost } from './host-samples.ts';
import { describeWatching } from './host-watching.ts';

export const hostContract = (name: string, open: OpenHost): void => {
  describe(`${name} keeps the contract of hosts`, () => {
    describeMessages(open);
    describeDeadlines(open);
    describeReads(open);
    describeWatching(open);
    describeEnds(open);
  });
};
