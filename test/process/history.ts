// The clients' own history: every request is on the disk before it is sent, and its outcome before the client acts on
// it. It is independent of the service, whose data is checked against it afterwards.
import { z } from 'zod';
import { openDurableLines, readLines } from './durable-lines.ts';

const sentSchema = z.strictObject({
  kind: z.literal('sent'),
  number: z.int(),
  operation: z.enum(['place', 'cancel', 'capture', 'refunds']),
  key: z.string(),
  fingerprint: z.string(),
  /** The order it is about; null if it places one. */
  orderId: z.string().nullable(),
  /** ms since 1970, by the client's clock. */
  at: z.number(),
});
const outcome = {
  /** HTTP status; null if no answer came. */
  status: z.int().nullable(),
  /** The order that the answer is about. */
  answeredOrderId: z.string().nullable(),
  bodyHash: z.string().nullable(),
  /** The type of the problem in it. */
  problem: z.string().nullable(),
};
const endedSchema = z.strictObject({ kind: z.literal('ended'), number: z.int(), at: z.number(), ...outcome });
const lineSchema = z.discriminatedUnion('kind', [sentSchema, endedSchema]);

type Sent = Omit<z.infer<typeof sentSchema>, 'kind' | 'number' | 'at'>;
type Outcome = Omit<z.infer<typeof endedSchema>, 'kind' | 'number' | 'at'>;
export const noAnswer: Outcome = { status: null, answeredOrderId: null, bodyHash: null, problem: null };

/** A request with its outcome; `endedAt` is null if the client itself ended before. */
export type Request = Sent & Outcome & { readonly at: number; readonly endedAt: number | null };

export interface History {
  /** Resolves when the request is on the disk, with a function that records its outcome in the same way. */
  start(request: Sent): Promise<(outcome: Outcome) => Promise<void>>;
  close(): Promise<void>;
}

/** @param now ms since 1970 */
export const openHistory = async (path: string, now: () => number): Promise<History> => {
  const lines = await openDurableLines(path);
  let last = 0;
  return {
    start: async (request) => {
      last += 1;
      const number = last;
      await lines.append({ kind: 'sent', number, at: now(), ...request });
      return (outcome) => lines.append({ kind: 'ended', number, at: now(), ...outcome });
    },
    close: lines.close,
  };
};

/** Every request of a history, in the order in which they were sent. */
export const readHistory = async (path: string): Promise<readonly Request[]> => {
  const lines = z.array(lineSchema).parse(await readLines(path));
  const endings = new Map(lines.flatMap((each) => (each.kind === 'ended' ? [[each.number, each]] : [])));
  return lines.flatMap((each) => {
    if (each.kind !== 'sent') return [];
    const { kind: _, number, ...sent } = each;
    const {
      status = null,
      answeredOrderId = null,
      bodyHash = null,
      problem = null,
      at = null,
    } = endings.get(number) ?? {};
    return [{ ...sent, status, answeredOrderId, bodyHash, problem, endedAt: at }];
  });
};
