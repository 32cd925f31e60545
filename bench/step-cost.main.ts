// `npm run step-cost`: the CPU time of the steps of an order, from its message to the end, with planned transitions and with
// XState taking every transition. Both run in turns in this process, so that their ratio depends on nothing else.
import type { AnyEventObject } from 'xstate';
import { toChartSystem } from '../src/application.ts';
import { readSettings } from '../src/config.ts';
import { limits } from '../src/limits.ts';
import { toPolicy } from '../src/shop/placement.ts';
import { shop } from '../src/shop/shop.ts';
import type { Call } from '../src/step/effect.ts';
import { type RegisteredSystem, registerSystem } from '../src/step/register.ts';
import { newSystem } from '../src/step/snapshot.ts';
import { type Incoming, step } from '../src/step/step.ts';
import { sampleOrder } from './shop.ts';

const rounds = 60;
const ordersPerRound = 200;
const charts = toChartSystem(shop);
const planned = registerSystem(charts, limits);
const whole = registerSystem(charts, { ...limits, plannedConfigurations: 0 });
const policy = toPolicy(readSettings());

const answers: Readonly<Record<string, AnyEventObject>> = {
  'warehouse.check': { type: 'warehouse.checked', problems: [] },
  'warehouse.reserve': { type: 'warehouse.reserved' },
  'warehouse.commit': { type: 'warehouse.committed' },
  'gateway.charge': {
    type: 'gateway.charged',
    transactionId: 'transaction-1',
    amount: sampleOrder.amount,
    currency: sampleOrder.currency,
  },
  'mailer.send': { type: 'mailer.sent' },
};

const toReply = ({ callId, command }: Call): AnyEventObject => {
  const answer = answers[command.type];
  if (answer === undefined) throw new Error(`no answer to ${command.type} (${callId})`);
  return { ...answer, key: command['key'], attempt: command['attempt'] };
};

/** Steps one order to its end, and returns how many steps that took. */
const runOrder = (system: RegisteredSystem): number => {
  const orderId = 'order-1';
  const at = 1_700_000_000_000;
  const message = { type: 'order.place', orderId, ...sampleOrder, policy };
  const first = { orderId, at, messageId: 'message-1', to: 'order', message, causationId: null };
  const queue: Incoming[] = [{ kind: 'message', ...first }];
  let state = newSystem(system, at, 'correlation-1');
  let steps = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const result = step(system, state, next);
    if (result?.received.disposition !== 'applied') throw new Error(`step ${steps + 1} was not applied`);
    steps += 1;
    state = result.state;
    for (const call of result.calls)
      queue.push({ kind: 'reply', orderId, at, callId: call.callId, message: toReply(call) });
  }
  const order = state.actors.get('order')?.snapshot;
  if (!order?.matches('completed')) throw new Error(`the order ends in ${JSON.stringify(order?.value)}`);
  return steps;
};

/** µs of CPU for the steps of one order. */
const measure = (system: RegisteredSystem): number => {
  const before = process.cpuUsage();
  for (let count = 0; count < ordersPerRound; count += 1) runOrder(system);
  const { user, system: kernel } = process.cpuUsage(before);
  return (user + kernel) / ordersPerRound;
};

const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

const steps = runOrder(planned);
for (const system of [planned, whole]) for (let count = 0; count < 10; count += 1) measure(system);
const pairs = Array.from({ length: rounds }, () => [measure(planned), measure(whole)] as const);
const one = median(pairs.map(([withPlans]) => withPlans));
const other = median(pairs.map(([, withoutPlans]) => withoutPlans));
// Neighbours meet the same load of the machine.
const ratio = median(pairs.map(([withPlans, withoutPlans]) => withPlans / withoutPlans));
console.log(`the ${steps} steps of an order, µs of CPU (medians of ${rounds} rounds of ${ordersPerRound} orders):
  with planned transitions   ${one.toFixed(1)}
  with XState alone          ${other.toFixed(1)}
  ratio                      ${ratio.toFixed(3)}`);
