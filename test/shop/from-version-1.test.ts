// Orders of version 1 at every point of the recorded walks: each can be moved to version 2, and goes on there as it would
// have gone on, in other words, and with the notices that only version 2 sends.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { newestVersion, registry } from '../../machines/registry.ts';
import { toChartSystem } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { migrate } from '../../src/step/migration.ts';
import { toStateName } from '../../src/step/notes.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { decode } from '../fingerprint/fingerprint.ts';
import { startedAt } from '../fingerprint/walks.ts';

const system = registerSystem(toChartSystem(shop), limits);
const walks = decode(readFileSync(resolve(import.meta.dirname, '../../machines/fingerprints/version-1.gz')));
const { fromCharts } = registry[1].translator;

const rename = (text: string): string =>
  text.replace('selling', 'committing').replace('sellDeadline', 'commitDeadline');

/** The message of a walk as version 2 gets it. */
const translate = (incoming: Incoming): Incoming =>
  incoming.kind === 'deadline'
    ? { ...incoming, key: rename(incoming.key) }
    : { ...incoming, message: fromCharts(incoming.message) };

/** What is committed may come back on version 2. */
const toState = (name: string): string => rename(name === 'committed.kept' ? 'committed' : name);

/** What a step led to, in the words of version 2: without the texts, which are others. */
const outline = (result: StepResult | undefined) =>
  result && {
    disposition: result.received.disposition,
    states: [...result.state.actors].map(([actor, { snapshot }]) => [actor, toState(toStateName(snapshot))]),
    happened: [
      ...result.events.map(({ actor, type }) => [actor, type]),
      ...result.calls.map(({ actor, command }) => [actor, command.type]),
    ],
    deadlines: [...result.state.deadlines].map(([key, { source, dueAt }]) => [source, rename(key), dueAt]),
    calls: [...result.state.calls.values()].map(({ actor, command: { type, key } }) => [actor, type, key]),
  };
type Outline = NonNullable<ReturnType<typeof outline>>;

/** What is not about telling the customer. */
const withoutNotices = ({ disposition, ...parts }: Outline) => {
  const others = Object.entries(parts).map(([name, all]) => [
    name,
    all.filter(([actor]) => actor !== 'notification'),
  ]);
  return { disposition, ...Object.fromEntries(others) };
};

/** Whether version 2 sends a notice that version 1 does not know. */
const hasNewNotice = (result: StepResult | undefined): boolean =>
  result?.calls.some(({ command: { key } }) => /\/(cancellation|refund-notice)\//.test(key)) ?? false;

const isForNotices = (incoming: Incoming): boolean =>
  incoming.kind === 'deadline'
    ? incoming.key.startsWith('notification:')
    : incoming.kind === 'reply'
      ? incoming.message.type.startsWith('mailer.')
      : incoming.to === 'notification';

const move = (state: SystemState, orderId: string): SystemState => {
  const request = { orderId, at: state.updatedAt, messageId: 'move', actor: 'order', to: newestVersion };
  const outcome = migrate(system, state, { ...request, why: 'test', who: 'test' });
  if (outcome.kind !== 'maps') throw new Error(outcome.text);
  // The number of a message makes the ids of its calls, which the walk names.
  return { ...outcome.result.state, version: state.version };
};

test('an order that is moved anywhere on its way goes on as it would have gone on', () => {
  const left = new Set<string>();
  for (const [index, { incoming }] of walks.slice(0, 1000).entries()) {
    const moveAfter = 1 + (index % (incoming.length - 1));
    let before = newSystem(system, startedAt, 'correlation', '1');
    let after: SystemState | undefined;
    let hasOtherNotices = false;
    for (const [place, next] of incoming.entries()) {
      const expected = step(system, before, next);
      if (after !== undefined) {
        const result = step(system, after, translate(next));
        hasOtherNotices ||= hasNewNotice(result);
        const [is, wouldBe] = [outline(result), outline(expected)];
        if (!hasOtherNotices) expect(is).toEqual(wouldBe);
        else if (!isForNotices(next))
          expect(is && withoutNotices(is)).toEqual(wouldBe && withoutNotices(wouldBe));
        after = { ...(result?.state ?? after), version: (expected?.state ?? before).version };
      }
      before = expected?.state ?? before;
      if (place + 1 !== moveAfter) continue;
      after = move(before, next.orderId);
      for (const [actor, { snapshot }] of before.actors) left.add(`${actor}: ${toStateName(snapshot)}`);
    }
  }
  expect(left.size).toBeGreaterThan(40);
  expect([...left]).toEqual(expect.arrayContaining(['order: paying.selling.asking']));
});
