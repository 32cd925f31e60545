// The memory store under the contract of stores.
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { storeContract } from '../contracts/store.ts';
import { place } from '../contracts/store-samples.ts';

storeContract('the memory store', async () => {
  const store = createMemoryStore();
  return { store, close: () => store.close() };
});

describe('the memory store', () => {
  it('two stores share nothing', async () => {
    const [one, other] = [createMemoryStore(), createMemoryStore()];
    await place(one, 'a');
    expect((await other.load(['a'])).size).toBe(0);
  });
});
