// Short builders for toy charts and for the moves of a test, so that a toy chart fits on a screen. They have no
// expectations.
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createMachine,
  emit,
  type MachineConfig,
  type MachineContext,
  sendTo,
} from 'xstate';
import type { Move, ToySystem } from './equivalence.ts';

/** What an action, a guard or a delay of a toy chart is given. */
export interface Seen {
  readonly context: MachineContext;
  readonly event: AnyEventObject;
}
type Said = Readonly<Record<string, unknown>>;

/** A chart whose context and events may be anything. */
export const chart = (config: MachineConfig<MachineContext, AnyEventObject>): AnyStateMachine =>
  createMachine(config);

/** A message or event with anything in it. */
export const word = (type: string, said: Said = {}): AnyEventObject => ({ type, ...said });

/** Sends a message to the actor or service named `to`; for a service, `by` names the sender, so that it can reply. */
export const tell = (to: string, type: string, said: Said = {}) =>
  sendTo<MachineContext, AnyEventObject, undefined, AnyActorRef, AnyEventObject, never, never>(
    ({ system }) => system.get(to),
    { type, ...said },
  );

/** The same after `delay` ms, under an `id` that can be cancelled. */
export const tellLater = (to: string, type: string, delay: number, said: Said = {}, id?: string) =>
  sendTo<MachineContext, AnyEventObject, undefined, AnyActorRef, AnyEventObject, never, never>(
    ({ system }) => system.get(to),
    { type, ...said },
    { delay, ...(id !== undefined && { id }) },
  );

export const says = (type: string, said: Said = {}) =>
  emit<MachineContext, AnyEventObject, undefined, AnyEventObject, AnyEventObject>({ type, ...said });

/** Emits `in PATH` on entry and `out PATH` on exit. */
export const marked = (name: string) => ({ entry: says(`in ${name}`), exit: says(`out ${name}`) });

export const send = (type: string, to = 'toy', said: Said = {}): Move => ({
  do: 'send',
  to,
  event: { type, ...said },
});
/** A story of bare events to the chart of a system of one: their types, in one string. */
export const say = (words: string): readonly Move[] => words.split(' ').map((type) => send(type));
export const wait = (milliseconds: number): Move => ({ do: 'wait', milliseconds });
export const reply = (from: string, type: string): Move => ({ do: 'reply', from, event: { type } });

/** A system of one chart, called `toy`, with one service, called `world`. */
export const alone = (name: string, chart: AnyStateMachine, story: readonly Move[]): ToySystem => ({
  name,
  charts: { toy: chart },
  services: ['world'],
  story,
});
