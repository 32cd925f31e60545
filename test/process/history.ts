// The client's own history: every request, on the disk before it is sent, and what came of it, on the disk
// before anything is done about it. It outlives the service and depends on nothing of it; what the service
// says afterwards is held against it.
import { z } from 'zod';
import { openSyncedLines, readLines } from './synced-lines.ts';

const asking = z.strictObject({
  kind: z.literal('asked'),
  number: z.int(),
  op: z.enum(['place', 'cancel', 'capture', 'refunds']),
  key: z.string(),
  fingerprint: z.string(),
  /** Whom it is about; null where the order is to be placed. */
  orderId: z.string().nullable(),
  /** ms since 1970, by the client's clock. */
  at: z.number(),
});
const answer = {
  /** HTTP status; null where no answer came. */
  status: z.int().nullable(),
  /** The order that the answer is about. */
  answeredOrderId: z.string().nullable(),
  bodyHash: z.string().nullable(),
  /** The type of the problem in it. */
  problem: z.string().nullable(),
};
const ending = z.strictObject({ kind: z.literal('ended'), number: z.int(), at: z.number(), ...answer });
const line = z.discriminatedUnion('kind', [asking, ending]);

type Asking = Omit<z.infer<typeof asking>, 'kind' | 'number' | 'at'>;
type Ending = Omit<z.infer<typeof ending>, 'kind' | 'number' | 'at'>;
export const noAnswer: Ending = { status: null, answeredOrderId: null, bodyHash: null, problem: null };

/** A request with what came of it; `endedAt` is null where the client itself did not live to see it. */
export type Request = Asking & Ending & { readonly at: number; readonly endedAt: number | null };

export interface History {
  /** Resolves when it is on the disk, with what to call at the end: that resolves when it is, too. */
  ask(asking: Asking): Promise<(ending: Ending) => Promise<void>>;
  close(): Promise<void>;
}

/** @param now ms since 1970 */
export const openHistory = async (path: string, now: () => number): Promise<History> => {
  const lines = await openSyncedLines(path);
  let last = 0;
  return {
    ask: async (asked) => {
      last += 1;
      const number = last;
      await lines.append({ kind: 'asked', number, at: now(), ...asked });
      return (ended) => lines.append({ kind: 'ended', number, at: now(), ...ended });
    },
    close: lines.close,
  };
};

/** Every request of a history, in the order in which they were sent. */
export const readHistory = async (path: string): Promise<readonly Request[]> => {
  const lines = z.array(line).parse(await readLines(path));
  const endings = new Map(lines.flatMap((each) => (each.kind === 'ended' ? [[each.number, each]] : [])));
  return lines.flatMap((each) => {
    if (each.kind !== 'asked') return [];
    const { kind: _, number, ...asked } = each;
    const {
      status = null,
      answeredOrderId = null,
      bodyHash = null,
      problem = null,
      at = null,
    } = endings.get(number) ?? {};
    return [{ ...asked, status, answeredOrderId, bodyHash, problem, endedAt: at }];
  });
};
