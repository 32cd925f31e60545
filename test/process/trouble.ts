// What the doubles of the services do wrong, and how often: by seed, key and attempt, so that a repeated call
// is treated as the first was. It does nothing itself; it says what an answer comes to.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { toShare } from './chance.ts';

const rate = z.number().min(0).max(1);
const troubleSchema = z.strictObject({
  seed: z.string().default('trouble'),
  /** Charges that the bank declines. */
  declineRate: rate.default(0),
  /** 429 or 503, and nothing was done. */
  busyRate: rate.default(0),
  /** A technical failure is answered, and nothing was done. */
  errorRate: rate.default(0),
  /** It was done, and the connection is cut. */
  cutRate: rate.default(0),
  /** It was done, and the answer never comes. */
  silentRate: rate.default(0),
  /** The answer takes `slowMs` instead of `delayMs`. */
  slowRate: rate.default(0),
  delayMs: z.int().nonnegative().default(0),
  slowMs: z.int().nonnegative().default(0),
  /** What was done is also told unasked, up to `lateMs` later. */
  webhookRate: rate.default(0),
  /** … and once more. */
  duplicateRate: rate.default(0),
  lateMs: z.int().nonnegative().default(0),
});
export type Trouble = z.infer<typeof troubleSchema>;

/** What can be set of it: `TROUBLE` in the environment of a double. */
export type Troubles = z.input<typeof troubleSchema>;

/** @throws ZodError for anything else than JSON of `Troubles`. */
export const readTrouble = (text: string | undefined): Trouble =>
  troubleSchema.parse(JSON.parse(text ?? '{}'));

/** What a double sends: an answer, a cut connection, or nothing ever. */
export type Reply = { readonly status: number; readonly body?: unknown } | 'cut' | 'silent';

interface Asked {
  readonly key: string;
  readonly attempt: number;
}

/** What happens to a call instead of anything being done; undefined: it is done. */
export const toRefusal = (trouble: Trouble, failed: object, { key, attempt }: Asked): Reply | undefined => {
  const happens = (rate: number, what: string) => toShare(trouble.seed, what, key, attempt) < rate;
  if (happens(trouble.busyRate, 'busy')) return { status: happens(0.5, 'which') ? 429 : 503 };
  return happens(trouble.errorRate, 'error') ? { status: 200, body: failed } : undefined;
};

/** What becomes of the answer to something that was done. */
export const toReply = async (trouble: Trouble, body: object, { key, attempt }: Asked): Promise<Reply> => {
  const happens = (rate: number, what: string) => toShare(trouble.seed, what, key, attempt) < rate;
  await pause(happens(trouble.slowRate, 'slow') ? trouble.slowMs : trouble.delayMs);
  if (happens(trouble.cutRate, 'cut')) return 'cut';
  return happens(trouble.silentRate, 'silent') ? 'silent' : { status: 200, body };
};
