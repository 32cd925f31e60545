// The stored text of an order system: `toStored` writes it and `fromStored` reads it. A system of another chart version,
// or with an unknown state, is refused as a whole and never loaded in part.
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { toPaths } from './notes.ts';
import { ofVersion, type RegisteredChart, type RegisteredSystem } from './register.ts';
import { type ActorState, deadline, pendingCall, quarantined, type SystemState } from './system-state.ts';

/** Any JSON object, not checked further: a zod record would walk and copy it at every load. */
const json = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid input: expected an object',
);
const storedActor = z.strictObject({
  value: z.union([z.string(), json]),
  context: json,
  since: z.number(),
  /** Ids of the states that each history state restores. */
  history: z.record(z.string(), z.array(z.string())).optional(),
  /** The actor reached its top-level final state, with this output. */
  done: z.strictObject({ output: z.unknown().optional() }).optional(),
  /** If parallel states are active: the ids of all active states, in the order in which they were entered. */
  entered: z.array(z.string()).optional(),
});
const storedSystem = z.strictObject({
  charts: z.string(),
  version: z.int(),
  events: z.int(),
  correlationId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  actors: z.record(z.string(), storedActor),
  deadlines: z.record(z.string(), deadline),
  calls: z.record(z.string(), pendingCall),
  keys: z.record(z.string(), z.strictObject({ key: z.string(), at: z.number() })),
  quarantined: z.array(quarantined),
});

/** A system as it is stored: plain JSON. */
export type StoredSystem = z.infer<typeof storedSystem>;

/** The system of an order before its first message, on charts of the newest version or of the one named `charts`. */
export const newSystem = (
  system: RegisteredSystem,
  at: number,
  correlationId: string,
  charts = system.version,
): SystemState => ({
  charts,
  version: 0,
  events: 0,
  correlationId,
  createdAt: at,
  updatedAt: at,
  actors: new Map(
    [...ofVersion(system, charts).charts].map(([name, chart]) => [
      name,
      { snapshot: chart.initial, since: at },
    ]),
  ),
  deadlines: new Map(),
  calls: new Map(),
  keys: new Map(),
  quarantined: [],
});

/** When the next deadline is due (ms since 1970), or null. */
export const nextDueAt = (state: SystemState): number | null => {
  let next: number | null = null;
  for (const { dueAt } of state.deadlines.values()) if (next === null || dueAt < next) next = dueAt;
  return next;
};

/** The text that a store keeps. */
export const toStored = (state: SystemState): string =>
  JSON.stringify({
    charts: state.charts,
    version: state.version,
    events: state.events,
    correlationId: state.correlationId,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    actors: Object.fromEntries([...state.actors].map(([name, actor]) => [name, toStoredActor(actor)])),
    deadlines: Object.fromEntries(state.deadlines),
    calls: Object.fromEntries(state.calls),
    keys: Object.fromEntries(state.keys),
    quarantined: state.quarantined,
  } satisfies z.infer<typeof storedSystem>);

const toStoredActor = ({ snapshot, since }: ActorState): z.infer<typeof storedActor> => {
  const history = Object.entries(snapshot.historyValue).map(([id, nodes]) => [
    id,
    nodes.map((node) => node.id),
  ]);
  return {
    value: snapshot.value,
    context: snapshot.context,
    since,
    ...(history.length > 0 && { history: Object.fromEntries(history) }),
    ...(snapshot.status === 'done' && { done: { output: snapshot.output } }),
    ...(toPaths(snapshot.value).length > 1 && { entered: snapshot._nodes.map((node) => node.id) }),
  };
};

/**
 * @throws AppError `order-unreadable` with what is wrong: not JSON, another shape, another chart version,
 * an actor or a state that the charts do not have. `details.chartVersion`: the version, if it is not registered.
 */
export const fromStored = ({ versions }: RegisteredSystem, text: string): SystemState => {
  const stored = parse(text);
  const system =
    versions.get(stored.charts) ??
    refuse(`it was written by chart version ${stored.charts}; known are ${[...versions.keys()].join(', ')}`, {
      chartVersion: stored.charts,
    });
  const names = Object.keys(stored.actors);
  if (names.length !== system.names.length) {
    return refuse(`it has the actors ${names.join(', ')}; the charts are ${system.names.join(', ')}`);
  }
  const actors = new Map<string, ActorState>();
  for (const [name, chart] of system.charts) {
    actors.set(name, restore(chart, stored.actors[name] ?? refuse(`the actor '${name}' is missing`)));
  }
  return {
    charts: stored.charts,
    version: stored.version,
    events: stored.events,
    correlationId: stored.correlationId,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    actors,
    deadlines: new Map(Object.entries(stored.deadlines)),
    calls: new Map(Object.entries(stored.calls)),
    keys: new Map(Object.entries(stored.keys)),
    quarantined: stored.quarantined,
  };
};

const parse = (text: string): z.infer<typeof storedSystem> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('it is not JSON');
  }
  const checked = storedSystem.safeParse(value);
  if (checked.success) return checked.data;
  const problem = checked.error.issues[0];
  return refuse(`${problem?.path.join('.')}: ${problem?.message}`);
};

const restore = (chart: RegisteredChart, stored: z.infer<typeof storedActor>): ActorState => {
  const { value, context, since, history, done, entered } = stored;
  const restored = restoreState(chart, JSON.stringify(value));
  const nodes = entered ? sortAsEntered(chart, restored._nodes, entered) : restored._nodes;
  const snapshot: AnyMachineSnapshot = { ...restored, context, children: {}, _nodes: nodes };
  if (history) snapshot.historyValue = toHistory(chart, history);
  if (done) Object.assign(snapshot, { status: 'done', output: done.output });
  return { snapshot, since };
};

/** A chart in a state, without a context. XState restores each state once. */
const restoreState = (chart: RegisteredChart, value: string): AnyMachineSnapshot => {
  const known = chart.restored.get(value);
  if (known) return known;
  let snapshot: AnyMachineSnapshot;
  try {
    const active = { status: 'active', output: undefined, error: undefined } as const;
    const persisted = { ...active, value: JSON.parse(value), context: {}, children: {}, historyValue: {} };
    snapshot = chart.machine.restoreSnapshot(persisted, chart.scope);
  } catch {
    return refuse(`the chart '${chart.name}' has no state ${value}`);
  }
  // XState completes an incomplete value (a compound state without its child) without an error.
  if (JSON.stringify(snapshot.value) !== value) {
    return refuse(`the chart '${chart.name}' has no complete state ${value}`);
  }
  chart.restored.set(value, snapshot);
  return snapshot;
};

const nodeOf = ({ name, nodes }: RegisteredChart, id: string): AnyStateNode =>
  nodes.get(id) ?? refuse(`the chart '${name}' has no state #${id}`);

const toHistory = (chart: RegisteredChart, history: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(
    Object.entries(history).map(([id, nodes]) => [
      nodeOf(chart, id).id,
      nodes.map((node) => nodeOf(chart, node)),
    ]),
  );

/** If two `always` transitions compete, XState takes that of the state that was entered first. */
const sortAsEntered = (
  chart: RegisteredChart,
  nodes: readonly AnyStateNode[],
  entered: readonly string[],
): AnyStateNode[] => {
  const places = new Map(entered.map((id, place) => [id, place]));
  const toPlace = (id: string) =>
    places.get(id) ?? refuse(`the chart '${chart.name}' was not seen to enter #${id}`);
  if (places.size !== nodes.length) refuse(`the chart '${chart.name}' is not in ${entered.join(', ')}`);
  return nodes.toSorted((a, b) => toPlace(a.id) - toPlace(b.id));
};

const refuse = (problem: string, details: { readonly chartVersion?: string } = {}): never => {
  throw new AppError('order-unreadable', `The stored order system cannot be read: ${problem}.`, details);
};
