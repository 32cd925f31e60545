// Idempotency keys as in the IETF draft: one key, one request, one answer. It stores nothing itself: the answer is
// stored by the order's own commit.
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Answer, Idempotency, OrderAccess, Outcome, Receipt, SystemView } from '../../host.ts';
import type { IdempotencyRecord } from '../../store.ts';
import { createInFlightKeys, type Patience } from './in-flight.ts';

/** The key of one request: its scope, the key itself, and a fingerprint of the request. */
interface KeyUse {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** An answer as it is sent and stored for its key, byte for byte. */
export interface Answered extends Answer {
  /** Empty if it is about no order. */
  readonly orderId: string;
  /** The order's version that `body` shows, or the revision of what else it shows. */
  readonly version: number;
  readonly replayed: boolean;
}

/** The key in an `Idempotency-Key` header: an RFC 8941 string, or bare. */
export const readKey = (header: string): string =>
  header.startsWith('"') ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
};

/** SHA-256 of the route and the checked body; the order of fields does not matter. */
export const toFingerprint = (route: string, body: unknown): string =>
  createHash('sha256')
    .update(`${route}\n${canonical(body)}`)
    .digest('hex');

/** @throws AppError `idempotency-key-reused` when the key was used for another request. */
const toReplay = (use: KeyUse, record: IdempotencyRecord): Answered => {
  if (record.fingerprint !== use.fingerprint) {
    throw new AppError(
      'idempotency-key-reused',
      'This Idempotency-Key stands for a request with another body.',
    );
  }
  const { status, body, orderId, version } = record;
  return { status, body, orderId, version, replayed: true };
};

/** The answer to a request that was carried out now: as it was stored, or made by `respond` without a key. */
export const toAnswered = <View extends SystemView>(
  { view, answer }: Receipt<View>,
  respond: (view: View) => Answer,
): Answered => ({
  ...(answer ?? respond(view)),
  orderId: view.id,
  version: view.version,
  replayed: false,
});

/**
 * Runs a request with a key at most once: resolves to the stored answer of the key, or to what `finish` makes of
 * the result. `respond` makes the answer to store. While the first request with the key is running, a repetition waits for
 * it with `patience`; if that one stores no answer, the repetition is carried out.
 * @throws AppError `idempotency-key-in-use` or `idempotency-key-reused`; then `act` was not called.
 */
export type Once<View, Result> = (
  use: KeyUse,
  respond: Idempotency<View>['respond'],
  act: (idempotency: Idempotency<View>) => Promise<Outcome<Result>>,
  finish: (result: Result) => Promise<Answered> | Answered,
  patience?: Patience,
) => Promise<Answered>;

export const createOnce = <View, Result>(
  host: Pick<OrderAccess, 'recall'>,
  clock: Clock,
): Once<View, Result> => {
  const inFlight = createInFlightKeys(clock);
  return async (use, respond, act, finish, patience) => {
    const giveBack = await inFlight.take(JSON.stringify([use.scope, use.key]), patience);
    try {
      const record = await host.recall(use.scope, use.key);
      if (record !== undefined) return toReplay(use, record);
      const outcome = await act({ ...use, respond });
      return outcome.outcome === 'replayed' ? toReplay(use, outcome.record) : await finish(outcome.result);
    } finally {
      giveBack();
    }
  };
};
