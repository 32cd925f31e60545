// The catalogue of toy systems: every feature of XState that a step supports, in charts that have nothing to
// do with orders. It says what is done to them, never what comes of it; it exists for equivalence.test.ts.
import type { ToySystem } from './equivalence.ts';
import { toyEnds } from './toy-ends.ts';
import { toyStates } from './toy-states.ts';
import { toyTalk } from './toy-talk.ts';
import { toyTimers } from './toy-timers.ts';

export const toySystems: readonly ToySystem[] = [...toyStates, ...toyEnds, ...toyTimers, ...toyTalk];
