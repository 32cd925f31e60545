// Idempotency keys as in the IETF draft: one key, one request, one answer. It stores nothing itself: the answer is
// stored by the order's own commit.
import { hash } from 'node:crypto';
import type { Caller, Keys } from '../../access.ts';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Answer, Idempotency, OrderAccess, Outcome, Receipt, SystemView } from '../../host.ts';
import type { IdempotencyRecord } from '../../store.ts';
import { createInFlightKeys, type Patience } from './in-flight.ts';

/** The key of one request: its scope, the key itself, and a fingerprint of the request. */
interface KeyUse {
  /** Apart for each route and each named caller: another caller's key never answers, and never collides. */
  readonly scope: string;
  /** The scope that the route had before the service had keys; undefined for a caller without a name. */
  readonly unnamedScope: string | undefined;
  readonly owner: string | undefined;
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
const readKey = (header: string): string =>
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
  hash('sha256', `${route}\n${canonical(body)}`);

/** @param path what the key is for, such as `orders/1/cancel`; @param header the header Idempotency-Key */
export const toKeyUse = (
  { principal, owner }: Pick<Caller, 'principal' | 'owner'>,
  path: string,
  header: string,
  fingerprint: string,
): KeyUse => ({
  // No path begins with @.
  scope: principal === undefined ? path : `@${principal}/${path}`,
  unnamedScope: principal === undefined ? undefined : path,
  owner,
  key: readKey(header),
  fingerprint,
});

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

interface OnceParts {
  readonly host: Pick<OrderAccess, 'recall' | 'get'>;
  readonly keys: Pick<Keys, 'firstMadeAt'>;
  readonly clock: Clock;
}

export const createOnce = <View, Result>({ host, keys, clock }: OnceParts): Once<View, Result> => {
  /** What was stored for the key before the service had keys: nobody knows whose it was, so only the same request gets it. */
  const recallUnnamed = async (use: KeyUse): Promise<IdempotencyRecord | undefined> => {
    const { unnamedScope, key, fingerprint, owner } = use;
    const namedSince = keys.firstMadeAt();
    if (unnamedScope === undefined || namedSince === undefined) return undefined;
    const record = await host.recall(unnamedScope, key);
    if (record === undefined || record.at >= namedSince || record.fingerprint !== fingerprint)
      return undefined;
    const isOwn = owner === undefined || (await host.get(record.orderId))?.owner === owner;
    return isOwn ? record : undefined;
  };
  const inFlight = createInFlightKeys(clock);
  return async (use, respond, act, finish, patience) => {
    const giveBack = await inFlight.take(JSON.stringify([use.scope, use.key]), patience);
    try {
      const record = (await host.recall(use.scope, use.key)) ?? (await recallUnnamed(use));
      if (record !== undefined) return toReplay(use, record);
      const { scope, key, fingerprint } = use;
      const outcome = await act({ scope, key, fingerprint, respond });
      return outcome.outcome === 'replayed' ? toReplay(use, outcome.record) : await finish(outcome.result);
    } finally {
      giveBack();
    }
  };
};
