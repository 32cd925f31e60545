// Where a batch is written: in the thread, or here if that is quicker for everybody.
import { expect, test } from 'vitest';
import type { BoundStatement } from '../../src/stores/sqlite-recording.ts';
import { withSmallBatchesHere } from '../../src/stores/sqlite-small-batches.ts';

const small: readonly BoundStatement[] = [['UPDATE t SET a = 1']];
const large = Array.from({ length: 100 }, (): BoundStatement => ['UPDATE t SET a = 1']);

/** A writer over two others, each write of which takes `ms`; `places` says where each batch was written. */
const open = () => {
  let time = 0;
  const places: string[] = [];
  const given = { ms: 1, fails: false, waits: undefined as Promise<void> | undefined };
  const at = (place: string) => async () => {
    places.push(place);
    await given.waits;
    if (given.fails) throw new Error('the disk is full');
    time += given.ms;
  };
  const thread = { write: at('thread'), close: async () => {} };
  return {
    given,
    places,
    writer: withSmallBatchesHere({ here: { write: at('here') }, thread, now: () => time }),
  };
};

test('the first batch is written in the thread, and small ones here once the disk was seen to be quick', async () => {
  const { writer, places } = open();
  for (const batch of [small, small, small]) await writer.write(batch);
  expect(places).toEqual(['thread', 'here', 'here']);
});

test('a small batch after a large one keeps nobody waiting here: others are under way', async () => {
  const { writer, places } = open();
  for (const batch of [small, small, large, small, small]) await writer.write(batch);
  expect(places).toEqual(['thread', 'here', 'thread', 'thread', 'here']);
});

test('a disk that is slow keeps nobody waiting here, until it is quick again', async () => {
  const { writer, places, given } = open();
  given.ms = 9;
  await writer.write(small);
  await writer.write(small);
  given.ms = 1;
  await writer.write(small);
  await writer.write(small);
  expect(places).toEqual(['thread', 'thread', 'thread', 'here']);
});

test('while the thread writes, every batch goes there: they are stored in the order in which they were given', async () => {
  const { writer, places, given } = open();
  await writer.write(small);
  const written = Promise.withResolvers<void>();
  given.waits = written.promise;
  const writes = [large, small, small].map((batch) => writer.write(batch));
  written.resolve();
  await Promise.all(writes);
  expect(places).toEqual(['thread', 'thread', 'thread', 'thread']);
});

test('an error is the one of the writer, and the next batch is written', async () => {
  const { writer, places, given } = open();
  await writer.write(small);
  given.fails = true;
  await expect(writer.write(small)).rejects.toThrow('the disk is full');
  await expect(writer.write(large)).rejects.toThrow('the disk is full');
  given.fails = false;
  await writer.write(small);
  expect(places).toEqual(['thread', 'here', 'thread', 'thread']);
});

test('after it is closed nothing is written here either', async () => {
  const { writer, places } = open();
  await writer.write(small);
  await writer.close();
  await writer.write(small);
  expect(places).toEqual(['thread', 'thread']);
});
