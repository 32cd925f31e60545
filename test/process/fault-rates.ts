// What a test double of a service does wrong, and how often. Each outcome depends on seed, key and attempt alone,
// so a repeated request has the same fate. It sends nothing itself.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createRandom } from '../../src/simulator/random.ts';

const rate = z.number().min(0).max(1);
const schema = z.strictObject({
  seed: z.string().default('double'),
  /** Charges that the gateway declines. */
  declineRate: rate.default(0),
  /** Answers 429 or 503 and does nothing. */
  busyRate: rate.default(0),
  /** Answers with a technical failure and does nothing. */
  errorRate: rate.default(0),
  /** Does what was asked and cuts the connection. */
  cutRate: rate.default(0),
  /** Does what was asked and never answers. */
  silentRate: rate.default(0),
  /** Answers after `slowMs` instead of `delayMs`. */
  slowRate: rate.default(0),
  delayMs: z.int().nonnegative().default(0),
  slowMs: z.int().nonnegative().default(0),
  /** Operations that are also reported by a webhook, up to `lateMs` later. */
  webhookRate: rate.default(0),
  /** Webhooks that are sent twice. */
  duplicateRate: rate.default(0),
  lateMs: z.int().nonnegative().default(0),
});
export type FaultRates = z.infer<typeof schema>;

/** `FAULT_RATES` in the environment of a double; what is left out never happens. */
export type FaultRatesInput = z.input<typeof schema>;

/** @throws ZodError unless `text` is the JSON of a `FaultRatesInput`. */
export const readFaultRates = (text: string | undefined): FaultRates =>
  schema.parse(JSON.parse(text ?? '{}'));

/** What a double sends: an answer, a cut connection, or nothing ever. */
export type DoubleResponse = { readonly status: number; readonly body?: unknown } | 'cut' | 'silent';

interface Request {
  readonly key: string;
  readonly attempt: number;
}

const happens = ({ seed }: FaultRates, { key, attempt }: Request, rate: number, what: string): boolean =>
  createRandom(seed, what, key, attempt).happens(rate);

/** The answer to a request that is refused; undefined for one that is carried out. */
export const drawRefusal = (
  rates: FaultRates,
  failure: object,
  request: Request,
): DoubleResponse | undefined => {
  if (happens(rates, request, rates.busyRate, 'busy')) {
    return { status: happens(rates, request, 0.5, 'status') ? 429 : 503 };
  }
  return happens(rates, request, rates.errorRate, 'error') ? { status: 200, body: failure } : undefined;
};

/** The answer to a request that was carried out, as soon as it is due. */
export const drawResponse = async (
  rates: FaultRates,
  body: object,
  request: Request,
): Promise<DoubleResponse> => {
  await pause(happens(rates, request, rates.slowRate, 'slow') ? rates.slowMs : rates.delayMs);
  if (happens(rates, request, rates.cutRate, 'cut')) return 'cut';
  return happens(rates, request, rates.silentRate, 'silent') ? 'silent' : { status: 200, body };
};
