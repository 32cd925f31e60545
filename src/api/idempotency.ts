// Idempotency keys as in the IETF draft: one key, one request, one answer. It never stores anything itself:
// the answer is kept by the order's own commit. It exists so that a repetition is safe for every move.
import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Host, Idempotency, Outcome } from '../host.ts';
import type { IdempotencyRecord } from '../store.ts';

/** The key of one request: where it counts, what it is, and what the request asked for. */
interface KeyUse {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** What is sent: byte for byte what the key stands for. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}
export interface Answered extends Answer {
  readonly orderId: string;
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

/** @throws AppError `idempotency-key-reused` where the key stands for another request. */
const toReplay = (use: KeyUse, record: IdempotencyRecord): Answered => {
  if (record.fingerprint !== use.fingerprint) {
    throw new AppError(
      'idempotency-key-reused',
      'This Idempotency-Key stands for a request with another body.',
    );
  }
  return { status: record.status, body: record.body, orderId: record.orderId, replayed: true };
};

/**
 * Runs a request with a key at most once: resolves to the kept answer of `use`, or to what `finish` makes of
 * what `act` came to. `respond` makes the answer to keep, inside the commit.
 * @throws AppError `idempotency-key-in-use` or `idempotency-key-reused`; then `act` was not called.
 */
export type Once = <T>(
  use: KeyUse,
  respond: Idempotency['respond'],
  act: (idempotency: Idempotency) => Promise<Outcome<T>>,
  finish: (result: T, kept: Answer | undefined) => Promise<Answered> | Answered,
) => Promise<Answered>;

export const createOnce = (host: Host): Once => {
  // In memory is enough: across a restart or another node the store decides, inside the commit.
  const inFlight = new Set<string>();
  return async (use, respond, act, finish) => {
    const name = JSON.stringify([use.scope, use.key]);
    if (inFlight.has(name)) {
      throw new AppError(
        'idempotency-key-in-use',
        'The first request with this Idempotency-Key is still running.',
      );
    }
    inFlight.add(name);
    try {
      const record = await host.recall(use.scope, use.key);
      if (record !== undefined) return toReplay(use, record);
      let kept: Answer | undefined;
      const outcome = await act({
        ...use,
        respond: (view) => {
          // The last one counts: a commit that was overtaken asks again.
          kept = respond(view);
          return kept;
        },
      });
      if (outcome.outcome === 'replayed') return toReplay(use, outcome.record);
      return await finish(outcome.result, kept);
    } finally {
      inFlight.delete(name);
    }
  };
};
