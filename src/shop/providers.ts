// Which payment providers the orders of a store are with, so that a shop can switch while orders are open: rows, one for each
// provider that new orders ever went to. A start looks at orders only where one of them is missing in the settings.
import { z } from 'zod';
import type { Row } from '../application.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Store } from '../store.ts';
import { changeRows } from './catalogue.ts';

export const providerTable = 'providers';

const providerNote = z.object({
  name: z.string(),
  /** It has the payments of orders from before providers were recorded. */
  takesUnnamed: z.boolean(),
});
type ProviderNote = z.infer<typeof providerNote>;
export const readProviderNote = (row: Row | undefined): ProviderNote | undefined =>
  providerNote.safeParse(row).data;

export interface ProvidersInUse {
  /** Every provider that an order of the store can be with. */
  readonly names: readonly string[];
  /** The one of orders that recorded none. */
  readonly unnamed: string;
}

interface ProviderSettings {
  /** The provider of new orders. */
  readonly newest: string;
  has(provider: string): boolean;
  /** What has to be set for a provider. */
  describe(provider: string): string;
}

/**
 * Notes the provider of new orders, before the first of them is placed.
 * @throws AppError `provider-missing` if open orders are with a provider that the settings lack; then nothing is noted.
 */
export const noteProvider = async (
  store: Store,
  { newest, has, describe }: ProviderSettings,
  warn: (missing: readonly string[]) => void,
): Promise<ProvidersInUse> => {
  const rows = await store.rows(providerTable, { limit: limits.providers });
  const notes = rows.flatMap((row) => readProviderNote(row) ?? []);
  const unnamed = notes.find(({ takesUnnamed }) => takesUnnamed)?.name ?? newest;
  const missing = notes.map(({ name }) => name).filter((name) => !has(name));
  if (missing.length > 0) {
    await refuseOpenOrders(store, missing, unnamed, describe);
    warn(missing);
  }
  if (!notes.some(({ name }) => name === newest)) {
    const key = `${providerTable}/${newest}`;
    // The first one has what is older, too.
    const note = { name: newest, takesUnnamed: notes.length === 0 };
    // Another node may have noted it since.
    await changeRows(store, [key], (found) => {
      if (found.get(key) === undefined) found.set(key, note);
    });
  }
  return { names: [...new Set([...notes.map(({ name }) => name), newest])], unnamed };
};

/** What is read of an order, whatever its chart version. */
const storedOrder = z.object({
  actors: z.object({
    order: z.object({ context: z.object({ policy: z.object({ provider: z.string().optional() }) }) }),
  }),
});
const providerOf = (system: string): string | undefined => {
  try {
    return storedOrder.parse(JSON.parse(system)).actors.order.context.policy.provider;
  } catch {
    // It cannot be read, and is left alone: nothing of it is paid.
    return undefined;
  }
};

const pageOrders = 500;
const refuseOpenOrders = async (
  store: Store,
  missing: readonly string[],
  unnamed: string,
  describe: (provider: string) => string,
): Promise<void> => {
  const open = new Map<string, number>();
  for (let after: string | undefined; ; ) {
    const page = await store.list({
      ...{ settled: false, limit: pageOrders },
      ...(after !== undefined && { after }),
    });
    for (const { system } of page) {
      const provider = providerOf(system) ?? unnamed;
      open.set(provider, (open.get(provider) ?? 0) + 1);
    }
    after = page.at(-1)?.orderId;
    if (page.length < pageOrders) break;
  }
  for (const provider of missing) {
    const orders = open.get(provider) ?? 0;
    if (orders === 0) continue;
    const subject =
      orders === 1 ? '1 open order has its payment' : `${orders} open orders have their payments`;
    const message = `${subject} with the provider ${provider}, which the settings lack: ${describe(provider)}.`;
    throw new AppError('provider-missing', message, { provider, orders });
  }
};
