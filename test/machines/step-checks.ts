// What must hold in any story, after any step: every word fits its schema and is said by one who may say it
// to one who may hear it; keys and attempts keep their rules; what is stored can be loaded again; and
// something will wake whatever is not at rest.
import { deepStrictEqual, fail, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { isMessageType, messages } from '../../machines/messages.ts';
import type { Call } from '../../src/step/effect.ts';
import { fromStored, type SystemState, toStored } from '../../src/step/snapshot.ts';
import type { StepResult } from '../../src/step/step.ts';
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

/** Checks a step, and returns the system that it made as it was stored and loaded again. */
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
  const loaded = fromStored(registered, toStored(registered, state));
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

/** One for each story: attempts grow, and only a charge that is known not to exist gets a new key. */
export const createCallCheck = () => {
  const attempts = new Map<string, number>();
  return ({ actor, orderId, command }: Call) => {
    const { key, attempt } = { attempt: 0, ...command };
    ok(Number(attempt) > (attempts.get(actor) ?? 0), `the attempts of ${actor} do not grow`);
    attempts.set(actor, Number(attempt));
    ok(key.startsWith(`${orderId}/`), `the key ${key} does not name its order`);
    match(key.slice(orderId.length), /^\/[a-z]+\/[^/]+$/);
  };
};
