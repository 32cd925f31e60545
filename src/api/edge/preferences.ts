// What callers ask for in headers: how long to wait (RFC 7240) and which version they saw (RFC 9110). It
// never guesses: a wish that cannot be read is refused.
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Disconnects } from './disconnects.ts';
import { invalid } from './errors.ts';
import type { Patience } from './in-flight.ts';

/** Seconds in `Prefer: wait=N`, at most `limits.waitSeconds`; undefined if it is not asked for. */
const readWait = (prefer: string | undefined): number | undefined => {
  const wish = prefer
    ?.split(',')
    .map((part) => /^\s*wait\s*(?:=\s*"?([^";]*)"?\s*)?(?:;.*)?$/i.exec(part))
    .find((match) => match !== null);
  if (wish === undefined || wish === null) return undefined;
  const seconds = wish[1]?.trim() ?? '';
  if (!/^\d{1,9}$/.test(seconds)) throw invalid([{ path: 'prefer', message: 'wait takes whole seconds' }]);
  return Math.min(Number(seconds), limits.waitSeconds);
};

/** A caller that waits: until when, and the end of that if it leaves or the server closes. */
export interface Wait extends Patience, Disposable {
  readonly seconds: number;
  /** Whether the client left, so that nobody reads the answer. */
  gone(): boolean;
}

/** The wait that `prefer` asks for, from now; undefined if it is not asked for. */
export const beginWait = (
  prefer: string | undefined,
  { clock, disconnects }: { readonly clock: Clock; readonly disconnects: Disconnects },
  reply: FastifyReply,
): Wait | undefined => {
  const seconds = readWait(prefer);
  if (seconds === undefined) return undefined;
  return { ...disconnects.watch(reply), seconds, until: clock.now() + seconds * 1000 };
};

/**
 * The versions in `If-Match`, of which the order (or product) has to have one; undefined where any will do.
 * @throws AppError `mismatch` where no ETag in it can be one of ours.
 */
export const readIfMatch = (
  ifMatch: string | undefined,
  mismatch: 'version-mismatch' | 'product-changed' = 'version-mismatch',
): readonly [number, ...number[]] | undefined => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  // If-Match compares strongly: a weak ETag, or one that was never ours, matches nothing.
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  const [first, ...more] = tags.flatMap((tag) => {
    const version = /^"([1-9]\d{0,14})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
  if (first !== undefined) return [first, ...more];
  const what = mismatch === 'version-mismatch' ? 'order' : 'product';
  throw new AppError(mismatch, `No ETag in If-Match is one of this ${what}.`);
};
