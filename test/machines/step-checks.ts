// What must hold after every step of any order: each message fits its schema and is declared for its sender
// and receiver; keys and attempts follow their rules; what is stored can be loaded; an unsettled order will
// be woken.
import { deepStrictEqual, fail, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { isMessageType, messages } from '../../machines/messages.ts';
import type { Call } from '../../src/step/effect.ts';
import { fromStored, toStored } from '../../src/step/snapshot.ts';
import type { StepResult } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { hasIncident, isSettled } from '../../src/step/view.ts';
import { registered, type SentMessage } from './recorded-charts.ts';

const checkMessage = (from: string, to: string, { type, ...payload }: { readonly type: string }) => {
  if (!isMessageType(type)) return fail(`${from} says ${type}, which is no declared message`);
  const declared = messages[type];
  ok(
    declared.from.some((name) => name === from),
    `${from} says ${type}, which is not declared`,
  );
  ok(
    declared.to.some((name) => name === to),
    `${to} hears ${type}, which is not declared`,
  );
  const checked = declared.payload.safeParse(payload);
  ok(checked.success, `${from} says ${type} with a wrong payload: ${checked.error?.message}`);
};

/** Checks a step. Returns its system, stored and loaded again. */
export const checkStep = (
  before: SystemState,
  { state, events, received }: StepResult,
  sent: readonly SentMessage[],
): SystemState => {
  notStrictEqual(
    received.disposition,
    'dead',
    `${received.type} makes ${received.to} fail: ${received.reason}`,
  );
  for (const { actor, type, data, schemaVersion } of events) {
    checkMessage(actor, 'journal', { type, ...data });
    strictEqual(schemaVersion, isMessageType(type) && messages[type].version);
  }
  for (const { from, to, message } of sent) checkMessage(from, to, message);
  const loaded = fromStored(registered, toStored(state));
  for (const [name, { snapshot }] of state.actors) {
    deepStrictEqual(loaded.actors.get(name)?.snapshot.context, snapshot.context);
    strictEqual(snapshot.status, 'active', `${name} is in a final state`);
  }
  strictEqual(state.version, before.version + 1);
  if (isSettled(state)) {
    strictEqual(state.deadlines.size, 0, 'a settled order has no deadlines');
    ok(!hasIncident(state), 'a settled order waits for nobody');
  } else if (state.actors.get('order')?.snapshot.value !== 'placing') {
    ok(state.deadlines.size > 0 || hasIncident(state), `nothing will wake the order after ${received.type}`);
  }
  return loaded;
};

/** One for each order: attempts grow, and keys name the order and their purpose. */
export const createCallCheck = () => {
  const attempts = new Map<string, number>();
  return ({ actor, orderId, command }: Call) => {
    const { key, attempt } = { attempt: 0, ...command };
    ok(Number(attempt) > (attempts.get(actor) ?? 0), `the attempts of ${actor} do not grow`);
    attempts.set(actor, Number(attempt));
    ok(key.startsWith(`${orderId}/`), `the key ${key} does not name its order`);
    match(key.slice(orderId.length), /^\/[a-z-]+\/[^/]+$/);
  };
};
