// Moves a system to another chart version. The move is a message of its own, recorded with the system that it leads to: a
// replay adopts that system and never runs the rule again. Pure, as the step is.
import { z } from 'zod';
import { describeError } from '../errors.ts';
import { type Call, migrated, type Received } from './effect.ts';
import type { Migration, MovedSystem } from './migration-rules.ts';
import { findImpossible, keepMoved } from './moved-system.ts';
import { comparePending } from './pending-work.ts';
import { ofVersion, type RegisteredSystem } from './register.ts';
import { findOtherField, isSameData } from './same-data.ts';
import { fromStored, type StoredSystem, toStored } from './snapshot.ts';
import type { StepResult } from './step.ts';
import type { SystemState } from './system-state.ts';

export interface MigrationRequest {
  readonly orderId: string;
  /** ms since 1970. */
  readonly at: number;
  readonly messageId: string;
  /** The actor under whose name it is recorded. */
  readonly actor: string;
  /** The version to move to. */
  readonly to: string;
  readonly why: string;
  readonly who: string;
}

/** Why a system cannot be moved: its states need a rule, or the rule leads nowhere. */
export interface MigrationProblem {
  readonly kind: 'needs-rule' | 'stuck';
  readonly text: string;
}

export interface MigrationResult {
  readonly kind: 'maps';
  readonly result: StepResult;
  /** What changes of the pending work, in words. */
  readonly changes: readonly string[];
}

const recordedData = z.looseObject({ from: z.string(), system: z.looseObject({}) });

/** Moves `before`, or says why that cannot be. */
export const migrate = (
  registered: RegisteredSystem,
  before: SystemState,
  request: MigrationRequest,
): MigrationResult | MigrationProblem => {
  const rule = registered.migrations[`${before.charts}→${request.to}`];
  const kind = rule === undefined ? 'needs-rule' : 'stuck';
  try {
    const { drops = {}, ...moved } = applyRule(registered, before, request, rule);
    const { at, to } = request;
    const { events, correlationId, createdAt } = before;
    const same = { events, correlationId, createdAt };
    const head = { charts: to, version: before.version + 1, updatedAt: Math.max(at, before.updatedAt) };
    const system = { ...moved, ...same, ...head };
    const result = record(registered, before, request, toData(before, request, { drops, system }));
    const { problems: pending, changes } = comparePending(before, result.state, drops);
    const problems = [
      ...findImpossible(before, result.state, ofVersion(registered, to).services),
      ...pending,
    ];
    if (problems.length > 0) return { kind, text: problems.join('; ') };
    ofVersion(registered, to).invariants?.check(before, result.state, result.calls, { type: migrated });
    return { kind: 'maps', result, changes };
  } catch (error) {
    return { kind, text: describeError(error) };
  }
};

/** Undoes the migration that was the last message of `after`: back to the system that it started from. */
export const moveBack = (
  registered: RegisteredSystem,
  after: SystemState,
  before: SystemState,
  request: Omit<MigrationRequest, 'to'>,
): MigrationResult => {
  const head = { version: after.version + 1, updatedAt: Math.max(request.at, after.updatedAt) };
  const system = { ...parse(toStored(before)), ...head };
  const data = toData(after, { ...request, to: before.charts }, { back: true, system });
  return { kind: 'maps', result: record(registered, after, request, data), changes: [] };
};

/**
 * What a recorded migration led to: the system that was recorded with it.
 * @throws Error if the record is damaged: it holds no system, or one that the charts cannot read.
 */
export const adopt = (
  registered: RegisteredSystem,
  before: SystemState,
  recorded: Pick<Received, 'messageId' | 'to' | 'data' | 'at'> & { readonly orderId: string },
): StepResult => {
  const data = recordedData.safeParse(recorded.data).data;
  if (data === undefined) throw new Error('it says neither from where nor to which system');
  if (data.from !== before.charts) throw new Error(`it moves from ${data.from}, not from ${before.charts}`);
  return record(registered, before, { ...recorded, actor: recorded.to }, recorded.data);
};

const parse = (text: string): StoredSystem => JSON.parse(text);

/** @throws Error if the charts of two versions remember other fields: only a rule knows what they mean. */
const requireSameFields = (before: RegisteredSystem, after: RegisteredSystem): void => {
  for (const [name, { initial }] of after.charts) {
    const field = findOtherField(before.charts.get(name)?.initial.context, initial.context);
    if (field !== undefined) throw new Error(`${name} does not remember the same on both: ${field}`);
  }
};

/** Actors that only the other charts have start in their initial state. */
const applyRule = (
  registered: RegisteredSystem,
  before: SystemState,
  { orderId, at, to }: MigrationRequest,
  rule: Migration | undefined,
): MovedSystem => {
  const { actors, deadlines, calls, keys, quarantined } = parse(toStored(before));
  const system = { actors, deadlines, calls, keys, quarantined };
  const target = ofVersion(registered, to);
  if (rule === undefined) requireSameFields(ofVersion(registered, before.charts), target);
  const moved = rule ? keepMoved(rule(system, { orderId, at, from: before.charts, to })) : system;
  const started = [...target.charts].flatMap(([name, { initial, initialEffects }]) => {
    if (moved.actors[name] !== undefined) return [];
    if (initialEffects.length > 0)
      throw new Error(`${name} acts as it starts: only a new order can start it`);
    return [[name, { value: initial.value, context: initial.context, since: at }] as const];
  });
  return { ...moved, actors: { ...moved.actors, ...Object.fromEntries(started) } };
};

const toData = (
  { charts: from }: SystemState,
  { to, why, who }: MigrationRequest,
  rest: Readonly<Record<string, unknown>>,
): Received['data'] => ({ from, to, why, who, ...rest });

const record = (
  registered: RegisteredSystem,
  before: SystemState,
  { orderId, messageId, actor }: Pick<MigrationRequest, 'orderId' | 'messageId' | 'actor'>,
  data: Received['data'],
): StepResult => {
  const state = fromStored(registered, JSON.stringify(recordedData.parse(data).system));
  const { correlationId, version } = state;
  const isKept = (callId: string) => isSameData(before.calls.get(callId), state.calls.get(callId));
  const calls = [...state.calls].filter(([callId]) => !isKept(callId));
  return {
    state,
    received: {
      ...{ version, messageId, kind: 'message', to: actor, type: migrated, data, causationId: null },
      ...{ correlationId, disposition: 'applied', reason: null, at: state.updatedAt },
    },
    events: [],
    calls: calls.map(([callId, call]): Call => {
      const used = state.keys.get(call.actor);
      const keyFirstUsedAt = used?.key === call.command.key ? used.at : call.at;
      return { ...call, callId, orderId, chartVersion: state.charts, correlationId, keyFirstUsedAt };
    }),
    finishedCalls: [...before.calls.keys()].filter((callId) => !isKept(callId)),
    deliveries: [],
    logged: [],
  };
};
