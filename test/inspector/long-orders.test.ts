// What previews, what-ifs and timelines of long orders cost: a budget, kept replays, and an event loop that goes on.
import { expect, test } from 'vitest';
import { KeptReplays, Past } from '../../src/inspector/server/kept-replays.ts';
import { Pace } from '../../src/inspector/server/pace.ts';
import { previewAll } from '../../src/inspector/server/preview.ts';
import { createTimeline } from '../../src/inspector/server/timeline.ts';
import { followWhatIf } from '../../src/inspector/server/what-if.ts';
import { limits } from '../../src/limits.ts';
import type { ShopHost } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { never, openHost, sample } from '../hosts/harness.ts';
import { lengthen, placeLong } from './long-order.ts';

/** Counts the recorded messages that are read for replays. */
const open = async () => {
  const { host } = await openHost({ gateway: never });
  const read = { messages: 0 };
  const counted: ShopHost = new Proxy(host, {
    get: (target, name) => {
      if (name === 'received') {
        return async (...wanted: Parameters<ShopHost['received']>) => {
          const page = await target.received(...wanted);
          read.messages += page.length;
          return page;
        };
      }
      const method: unknown = Reflect.get(target, name);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
  const parts = { application: shop, timeline: createTimeline(shop), outside: ['gateway', 'mailer'] };
  return { host, counted, read, parts };
};
const budgetOf = (messages: number) => new Pace({ messages, ms: Number.POSITIVE_INFINITY });
const versionsOf = async (timeline: ReturnType<typeof createTimeline>, host: ShopHost, after = 0) => {
  const versions: number[] = [];
  for await (const { point } of timeline.read(host, 'order-1', after)) versions.push(point.version);
  return versions;
};

test('an order that is named 50 times is replayed and previewed once', async () => {
  const { host, counted, read, parts } = await open();
  await placeLong(host, 'order-1', 500);
  const ids = Array.from({ length: 50 }, () => 'order-1');
  const { previewed, notComputed } = await previewAll(parts, counted, ids, 'cancel', new Pace());
  expect(previewed.map(({ orderId, refusal }) => [orderId, refusal])).toEqual([['order-1', null]]);
  expect(notComputed).toBeNull();
  expect(read.messages).toBeLessThan(2 * 503 + limits.replayPage);
});

test('where the budget ends, the answer names the orders for which nothing was computed; the next one continues', async () => {
  const { host, counted, parts } = await open();
  await placeLong(host, 'order-1', 5);
  await placeLong(host, 'order-2', 500);
  await placeLong(host, 'order-3', 5);
  const ask = (orderIds: readonly string[]) => previewAll(parts, counted, orderIds, 'cancel', budgetOf(300));
  const first = await ask(['order-1', 'order-2', 'order-3']);
  expect(first.previewed.map(({ orderId }) => orderId)).toEqual(['order-1']);
  expect(first.notComputed).toEqual({
    orderIds: ['order-2', 'order-3'],
    reason: expect.stringMatching(/^300 messages were replayed/),
  });
  const second = await ask(first.notComputed?.orderIds ?? []);
  expect(second.previewed.map(({ orderId, refusal }) => [orderId, refusal])).toEqual([
    ['order-2', null],
    ['order-3', null],
  ]);
});

test('the event loop turns all the time while a long order is replayed', async () => {
  const { host, parts } = await open();
  await placeLong(host, 'order-1', 2295);
  let turns = 0;
  let longestMs = 0;
  let before = performance.now();
  const count = (): void => {
    turns += 1;
    longestMs = Math.max(longestMs, performance.now() - before);
    before = performance.now();
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const begun = before;
  const replays = [1, 2, 3].map(() => previewAll(parts, host, ['order-1'], 'cancel', new Pace()));
  await Promise.all(replays);
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(3);
  // No slice is a large part of the whole, however slow the machine is.
  expect(longestMs).toBeLessThan(Math.max(60, (performance.now() - begun) / 2));
});

test('the second reading of a long order costs what is new, and gives the same points', async () => {
  const { host, counted, read, parts } = await open();
  await placeLong(host, 'order-1', 600);
  const { timeline } = parts;
  expect((await versionsOf(timeline, counted)).length).toBe(603);
  await lengthen(host, 'order-1', 3);
  read.messages = 0;
  expect(await versionsOf(timeline, counted, 603)).toEqual([604, 605, 606]);
  expect(read.messages).toBe(3);
  expect(await versionsOf(timeline, counted, 520)).toHaveLength(86);
  expect(read.messages).toBeLessThan(3 + 606 - 500 + limits.replayPage);
});

test('a point that is made from a kept replay is the one that a whole replay makes', async () => {
  const { host, parts } = await open();
  await placeLong(host, 'order-1', 300);
  const pointOf = async (timeline: ReturnType<typeof createTimeline>, after: number) => {
    for await (const { point } of timeline.read(host, 'order-1', after)) {
      if (point.version === 280) return point;
    }
    throw new Error('there is no such point');
  };
  await versionsOf(parts.timeline, host);
  expect(await pointOf(parts.timeline, 279)).toEqual(await pointOf(createTimeline(shop), 0));
});

test('a what-if of an older version of a long order knows what came by then, and no more', async () => {
  const { host, parts } = await open();
  await placeLong(host, 'order-1', 300);
  const ask = (version: number, timeline: ReturnType<typeof createTimeline>) =>
    followWhatIf({ ...parts, timeline }, host, 'order-1', { version, hypotheticals: [] }, new Pace());
  await ask(303, parts.timeline);
  for (const version of [1, 2, 3, 251, 303]) {
    expect(await ask(version, parts.timeline)).toEqual(await ask(version, createTimeline(shop)));
  }
});

test('kept replays are bounded in number, in bytes and from below; the longest unused is forgotten first', async () => {
  const { host } = await open();
  await host.place({ ...sample, orderId: 'order-1' });
  const [row] = await host.received('order-1', 0, 1);
  const found = await createTimeline(shop).find(host, 'order-1', new Pace(), 1);
  if (row === undefined || found === undefined) throw new Error('there is no such order');
  const pastOf = (length: number): Past => {
    const past = new Past();
    for (let version = 1; version <= length; version += 1) {
      past.note({ ...found.moment.state, version }, { ...row, version }, undefined);
    }
    return past;
  };
  const kept = new KeptReplays({ orders: 2, bytes: 10 * pastOf(1).bytes, fromLength: 2 });
  const lengths = () => ['a', 'b', 'c', 'd'].map((id) => kept.open(id).length);
  kept.keep('a', pastOf(1));
  expect(lengths()).toEqual([0, 0, 0, 0]);
  for (const [id, length] of Object.entries({ a: 2, b: 3, c: 4 })) kept.keep(id, pastOf(length));
  expect(lengths()).toEqual([0, 3, 4, 0]);
  kept.keep('b', kept.open('b'));
  kept.keep('d', pastOf(5));
  expect(lengths()).toEqual([0, 3, 0, 5]);
  kept.keep('c', pastOf(9));
  expect(lengths()).toEqual([0, 0, 9, 0]);
  kept.keep('a', pastOf(11));
  expect(lengths()).toEqual([0, 0, 0, 0]);
});

test('a replay whose reader has left ends with its present slice', async () => {
  const { host, counted, read, parts } = await open();
  await placeLong(host, 'order-1', 2000);
  const leaving = new AbortController();
  const pace = new Pace(undefined, leaving.signal);
  leaving.abort();
  await expect(parts.timeline.find(counted, 'order-1', pace)).rejects.toThrow('The reader has left.');
  expect(read.messages).toBeLessThanOrEqual(limits.replayPage);
});

test('while others have work, a replay rests longer than it works', async () => {
  let isOver = false;
  const work = (): void => {
    if (!isOver) setImmediate(work);
  };
  work();
  const pace = new Pace();
  await pace.turn();
  const begun = performance.now();
  while (!pace.isDue);
  const worked = performance.now() - begun;
  await pace.turn();
  const rested = performance.now() - begun - worked;
  isOver = true;
  expect(rested).toBeGreaterThan(Math.min(worked * (limits.replayRest - 1), limits.longestReplayRestMs - 10));
});
