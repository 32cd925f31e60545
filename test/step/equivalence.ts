// Runs the same charts twice, message by message: live under XState's `createActor`, and through the pure step,
// and returns the results of each message for comparison. It has no expectations of its own.
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  createMachine,
  SimulatedClock,
  spawnChild,
} from 'xstate';
import { isWhole } from '../../src/step/notes.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { fromStored, newSystem, toStored } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';

/** What a test does to a system. `reply` answers the oldest call that a service still owes an answer. */
export type Move =
  | { readonly do: 'send'; readonly to: string; readonly event: AnyEventObject }
  | { readonly do: 'reply'; readonly from: string; readonly event: AnyEventObject }
  | { readonly do: 'wait'; readonly milliseconds: number };

export interface ToySystem {
  readonly name: string;
  readonly charts: Readonly<Record<string, AnyStateMachine>>;
  readonly services: readonly string[];
  readonly story: readonly Move[];
}

/** The results of one move, and the state of every actor after it. */
interface Observed {
  readonly emitted: readonly (readonly [actor: string, event: AnyEventObject])[];
  readonly told: readonly (readonly [service: string, event: AnyEventObject])[];
  readonly actors: Readonly<Record<string, unknown>>;
}

interface Run {
  perform(move: Move): Observed;
}

export const limits = { microsteps: 1000, messagesPerStep: 1000, plannedConfigurations: 100 };
/** No chart reacts to it. It starts the actors in a step, and does nothing under `createActor`. */
const hello: AnyEventObject = { type: 'hello' };

/**
 * The charts as children of one root under `createActor`, on a simulated clock. XState takes a name that it
 * does not know (an actor that is not made yet, or has ended) for the sender itself; toy charts avoid that.
 */
export const runLive = ({ charts, services }: ToySystem): Run => {
  const emitted: [string, AnyEventObject][] = [];
  const told: [string, AnyEventObject][] = [];
  const owed: { service: string; actor: string }[] = [];
  const standIns = services.map((service) => {
    const record = ({ event }: { event: AnyEventObject }) => {
      told.push([service, event]);
      owed.push({ service, actor: String(event['by']) });
    };
    return [service, createMachine({ on: { '*': { actions: record } } })] as const;
  });
  const all = [...standIns, ...Object.entries(charts)];
  const clock = new SimulatedClock();
  const root = createActor(
    createMachine({ entry: all.map(([name, chart]) => spawnChild(chart, { id: name, systemId: name })) }),
    { clock },
  );
  const actors = new Map<string, AnyActorRef>(Object.entries(root.getSnapshot().children));
  const errors: unknown[] = [];
  const error = (thrown: unknown) => {
    errors.push(thrown);
  };
  // If XState leaves a state without its parent, the runs cannot be compared any more.
  const refuseIncompleteStates = (snapshot: AnyMachineSnapshot) => {
    if (!isWhole(snapshot)) errors.push('an incomplete state');
  };
  root.subscribe({ error });
  for (const [name, actor] of actors) {
    actor.on('*', (event) => emitted.push([name, event]));
    actor.subscribe({ error, next: refuseIncompleteStates });
  }
  root.start();
  const send = (to: string, event: AnyEventObject) => actors.get(to)?.send(event);
  send(Object.keys(charts)[0] ?? '', hello);
  clock.increment(0);
  if (errors.length > 0) throw errors[0];

  const perform = (move: Move): Observed => {
    if (move.do === 'send') send(move.to, move.event);
    else if (move.do === 'reply') {
      const place = owed.findIndex(({ service }) => service === move.from);
      const [call] = place < 0 ? [] : owed.splice(place, 1);
      if (call) send(call.actor, move.event);
    } else for (let passed = 0; passed < move.milliseconds; passed += 1) clock.increment(1);
    clock.increment(0);
    if (errors.length > 0) throw errors[0];
    const came = { emitted: emitted.splice(0), told: told.splice(0) };
    const after = Object.keys(charts).map((name) => [name, toComparable(actors.get(name)?.getSnapshot())]);
    return { ...came, actors: Object.fromEntries(after) };
  };
  return { perform };
};

interface SteppedRun extends Run {
  readonly system: RegisteredSystem;
  readonly results: readonly StepResult[];
}

/**
 * The charts through the pure step; `isLoaded` says before which moves the system is stored and loaded. XState takes every
 * transition if no configurations are planned.
 */
export const runStepped = (
  { name, charts, services }: ToySystem,
  isLoaded: (moveNumber: number) => boolean,
  plannedConfigurations = limits.plannedConfigurations,
): SteppedRun => {
  const system = registerSystem({ version: '1', charts, services }, { ...limits, plannedConfigurations });
  const results: StepResult[] = [];
  const orderId = name;
  let state = newSystem(system, 0, 'correlation');
  let now = 0;
  let moves = 0;

  const take = (incoming: Incoming) => {
    const result = step(system, state, incoming);
    if (result === undefined) throw new Error('nothing waits for that');
    if (result.received.disposition === 'dead') throw new Error(result.received.reason ?? '');
    results.push(result);
    state = result.state;
  };
  const send = (to: string, message: AnyEventObject) =>
    take({ kind: 'message', orderId, messageId: `m${moves}`, at: now, to, message, causationId: null });
  const ringDue = () => {
    for (;;) {
      const [due] = [...state.deadlines]
        .filter(([, { dueAt }]) => dueAt <= now)
        .sort(([, a], [, b]) => a.dueAt - b.dueAt);
      if (!due) return;
      take({ kind: 'deadline', orderId, at: now, key: due[0], dueAt: due[1].dueAt });
    }
  };
  send(Object.keys(charts)[0] ?? '', hello);
  ringDue();
  let observedFrom = 0;

  const perform = (move: Move): Observed => {
    moves += 1;
    if (isLoaded(moves)) state = storeAndLoad(system, state);
    if (move.do === 'send') send(move.to, move.event);
    else if (move.do === 'reply') {
      const call = [...state.calls].find(([, { service }]) => service === move.from);
      if (call) take({ kind: 'reply', orderId, at: now, callId: call[0], message: move.event });
    } else {
      for (let passed = 0; passed < move.milliseconds; passed += 1) {
        now += 1;
        if (isLoaded(moves)) state = storeAndLoad(system, state);
        ringDue();
      }
    }
    ringDue();
    const fresh = results.slice(observedFrom);
    observedFrom = results.length;
    const actors = [...state.actors].map(([actor, { snapshot }]) => [actor, toComparable(snapshot)]);
    return {
      emitted: fresh.flatMap(({ events }) =>
        events.map(({ actor, type, data }) => [actor, { type, ...data }] as const),
      ),
      told: fresh.flatMap(({ calls }) =>
        calls.map(({ service, callId, command: { key, ...event } }) => {
          return [service, key === callId ? event : { ...event, key }] as const;
        }),
      ),
      actors: Object.fromEntries(actors),
    };
  };
  return { perform, system, results };
};

const storeAndLoad = (system: RegisteredSystem, state: Parameters<typeof toStored>[0]) => {
  const text = toStored(state);
  const loaded = fromStored(system, text);
  const isSame = isDeepStrictEqual(JSON.parse(toStored(loaded)), JSON.parse(text));
  if (!isSame) throw new Error(`stored and loaded, it is not the same: ${text}`);
  return loaded;
};

const toComparable = (snapshot: unknown): unknown => {
  if (typeof snapshot !== 'object' || snapshot === null) throw new Error('there is no such actor');
  const { value, context, status, output } = { value: 0, context: 0, status: 0, output: 0, ...snapshot };
  return JSON.parse(JSON.stringify({ value, context, status, output }));
};
