// One preview of a caller at a time, a few of all, and a line that is not too long.
import { expect, test } from 'vitest';
import { PreviewQueue } from '../../src/inspector/server/preview-queue.ts';

const open = (bounds = { running: 2, waiting: 3, waitingOfOne: 2 }) => {
  const queue = new PreviewQueue(bounds);
  const log: string[] = [];
  const begin = (name: string, caller: string, signal = new AbortController().signal) => {
    const work = Promise.withResolvers<void>();
    const done = queue.run(caller, signal, async () => {
      log.push(name);
      await work.promise;
      return name;
    });
    return { done, finish: work.resolve };
  };
  return { queue, log, begin };
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the second preview of a caller waits for the first, and another caller does not', async () => {
  const { log, begin } = open();
  const first = begin('first', 'ada');
  const second = begin('second', 'ada');
  const other = begin('other', 'grace');
  await settle();
  expect(log).toEqual(['first', 'other']);
  first.finish();
  expect(await first.done).toBe('first');
  await settle();
  expect(log).toEqual(['first', 'other', 'second']);
  second.finish();
  other.finish();
  await Promise.all([second.done, other.done]);
});

test('only a few run at a time, whoever asks', async () => {
  const { log, begin } = open();
  const all = ['a', 'b', 'c'].map((caller) => begin(caller, caller));
  await settle();
  expect(log).toEqual(['a', 'b']);
  for (const { finish } of all) finish();
  await Promise.all(all.map(({ done }) => done));
  expect(log).toEqual(['a', 'b', 'c']);
});

test('a line that is too long is refused: of one caller, and of all', async () => {
  const { begin } = open();
  const running = [begin('a', 'ada'), begin('b', 'ada'), begin('c', 'ada')];
  await expect(begin('d', 'ada').done).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringMatching(/^2 .* one caller/),
  });
  running.push(begin('e', 'grace'), begin('f', 'grace'));
  await expect(begin('g', 'tony').done).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringMatching('all callers'),
  });
  for (const { finish } of running) finish();
  await Promise.all(running.map(({ done }) => done));
});

test('who leaves the line has no place in it, and a preview that fails makes room', async () => {
  const { log, begin, queue } = open();
  const failing = Promise.withResolvers<void>();
  const failed = queue.run('ada', new AbortController().signal, () => failing.promise);
  const leaving = new AbortController();
  const left = begin('left', 'ada', leaving.signal);
  const next = begin('next', 'ada');
  leaving.abort();
  await expect(left.done).rejects.toThrow('has left');
  failing.reject(new Error('it failed'));
  await expect(failed).rejects.toThrow('it failed');
  next.finish();
  expect(await next.done).toBe('next');
  expect(log).toEqual(['next']);
});
