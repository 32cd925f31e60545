// The model of a shared store that simulations run over: a node of it keeps the contracts of stores, two keep those of nodes, and what
// becomes of a batch whose answer is lost is read.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConnectionLost, type NodeLink } from '../../src/node-link.ts';
import { shop } from '../../src/shop/shop.ts';
import { changeSharedRow } from '../../src/simulator/shop/shared-rows.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { nodesContract } from '../contracts/nodes.ts';
import { stockContract } from '../contracts/stock.ts';
import { describeBatches } from '../contracts/store-batch.ts';
import { describeCalls } from '../contracts/store-calls.ts';
import { place, toWrite, write } from '../contracts/store-samples.ts';
import { directLink } from '../support/direct-link.ts';

const openOne = async (link = directLink) => {
  const { openNode, remove } = openScratchStore(shop);
  return { store: openNode('one', link, changeSharedRow), close: remove };
};
describe('a node of several over a scratch file', () => {
  let opened: Awaited<ReturnType<typeof openOne>>;
  beforeEach(async () => {
    opened = await openOne();
  });
  afterEach(() => opened.close());
  describeBatches(() => opened.store);
  describeCalls(() => opened.store);
});
stockContract('a node of several over a scratch file', () => openOne());
nodesContract('a scratch file', async () => {
  const { openNode, remove } = openScratchStore(shop);
  const open = (name: string) => openNode(name, directLink, changeSharedRow);
  return { nodes: [open('one'), open('other')], close: remove };
});

describe('a batch whose answer is lost', () => {
  /** The next batch loses its answer; it is carried out before that, or when `arrive` is called. */
  const openLosing = async (arrives: 'before' | 'later') => {
    let losesNext = false;
    let arrive = async (): Promise<void> => {};
    const seen: string[] = [];
    const send: NodeLink['send'] = async (carryOut) => {
      if (!losesNext) return carryOut();
      losesNext = false;
      if (arrives === 'before') await carryOut();
      else arrive = carryOut;
      throw new ConnectionLost('lost');
    };
    const opened = await openOne({ ...directLink, send, saw: (sighting) => seen.push(sighting) });
    await place(opened.store, 'a');
    losesNext = true;
    return { ...opened, seen, arrive: () => arrive() };
  };
  const versionOf = async ({ store }: Pick<Awaited<ReturnType<typeof openOne>>, 'store'>) =>
    (await store.load(['a'])).get('a')?.version;

  test('after it was carried out is found to be stored', async () => {
    const opened = await openLosing('before');
    await write(opened.store, [toWrite('a', 1)]);
    expect([await versionOf(opened), opened.seen]).toEqual([2, ['lost-answer-stored']]);
    await opened.close();
  });
  test('before it arrived is given up, and refused when it arrives', async () => {
    const opened = await openLosing('later');
    await expect(write(opened.store, [toWrite('a', 1)])).rejects.toThrow('lost');
    await expect(opened.arrive()).rejects.toMatchObject({ name: 'StaleBatch' });
    expect([await versionOf(opened), opened.seen]).toEqual([1, ['lost-batch-fenced']]);
    await write(opened.store, [toWrite('a', 1)]);
    expect(await versionOf(opened)).toBe(2);
    await opened.close();
  });
});
