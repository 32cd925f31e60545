// The order system of the chart tests, registered as the host registers it. It also records the messages that
// actors send and the transitions that are taken; it changes neither.
import type { AnyEventObject } from 'xstate';
import { toChartSystem } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';

/** A message that one actor of the order system sent to another, or to a service. */
export interface SentMessage {
  readonly from: string;
  readonly to: string;
  readonly message: AnyEventObject;
}

export const registered = registerSystem(toChartSystem(shop), limits);

let sentMessages: SentMessage[] = [];
/** How often each transition of the registered charts was taken so far. */
export const takenTransitions = new Map<object, number>();

/** The messages that were sent since the last call. */
export const takeSentMessages = (): readonly SentMessage[] => {
  const now = sentMessages;
  sentMessages = [];
  return now;
};

for (const [from, { scope }] of registered.charts) {
  const collect = scope.actionExecutor;
  scope.actionExecutor = (action) => {
    const { type, params } = action;
    if (type === 'xstate.sendTo' && isSending(params)) {
      sentMessages.push({ from, to: params.to.id, message: params.event });
    }
    collect(action);
  };
  scope.system.inspect((inspected) => {
    if (inspected.type !== '@xstate.microstep') return;
    for (const transition of inspected._transitions)
      takenTransitions.set(transition, (takenTransitions.get(transition) ?? 0) + 1);
  });
}

const isSending = (params: unknown): params is { to: { id: string }; event: AnyEventObject } =>
  typeof params === 'object' && params !== null && 'to' in params && 'event' in params;
