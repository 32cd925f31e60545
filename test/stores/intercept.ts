// A store whose writes a test looks at, or does something else instead of.
import type { BatchWrite, Store } from '../../src/store.ts';

export type Intercept = (write: BatchWrite, proceed: () => Promise<void>) => Promise<void>;

/** The same store; each batch's write goes through `intercept`, which may proceed or not. */
export const interceptWrites = (store: Store, intercept: Intercept): Store => ({
  ...store,
  open: async (needs) => {
    const batch = await store.open(needs);
    return { ...batch, write: (write) => intercept(write, () => batch.write(write)) };
  },
});

/** The nth write of the store, from 1, goes through its own intercept. */
export const interceptNth = (store: Store, intercepts: Readonly<Record<number, Intercept>>): Store => {
  let writes = 0;
  return interceptWrites(store, (write, proceed) => {
    writes += 1;
    return intercepts[writes]?.(write, proceed) ?? proceed();
  });
};

/** Notes how many orders each write is about. */
export const noteSizes = (store: Store, sizes: number[]): Store =>
  interceptWrites(store, ({ orders }, proceed) => {
    if (orders.length > 0) sizes.push(orders.length);
    return proceed();
  });
