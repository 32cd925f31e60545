// What every store promises, as one suite: run on each implementation. It knows nothing of any of them.
import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/store.ts';
import { describeBatches } from './store-batch.ts';
import { describeCalls } from './store-calls.ts';
import { describeHolds } from './store-holds.ts';
import { describeForgetting } from './store-keys.ts';
import { describeKeys, describeNotes } from './store-people.ts';
import { describeReads } from './store-reads.ts';
import { describeServiceIncidents } from './store-service-incidents.ts';
import { describeWebhooks } from './store-webhooks.ts';

export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and removes what it left. */
  close(): Promise<void>;
}

export const storeContract = (name: string, open: () => Promise<OpenedStore>): void => {
  describe(`${name} keeps the contract of stores`, () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const current = () => opened.store;

    describeBatches(current);
    describeCalls(current);
    describeReads(current);
    describe('keys that are over', () => describeForgetting(current));
    describe('the keys of callers', () => describeKeys(current));
    describe('webhook endpoints', () => describeWebhooks(current));
    describe('services that are held', () => describeHolds(current));
    describe('incidents of services', () => describeServiceIncidents(current));
    describe('notes about orders', () => describeNotes(current));
  });
};
