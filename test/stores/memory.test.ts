// The memory store under the contract of stores.
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { stockContract } from '../contracts/stock.ts';
import { storeContract } from '../contracts/store.ts';
import { place } from '../contracts/store-samples.ts';

const open = async () => {
  const store = createMemoryStore();
  return { store, close: () => store.close() };
};
storeContract('the memory store', open);
stockContract('the memory store', open);

describe('the memory store', () => {
  it('two stores share nothing', async () => {
    const [one, other] = [createMemoryStore(), createMemoryStore()];
    await place(one, 'a');
    expect((await other.load(['a'])).size).toBe(0);
  });
});
