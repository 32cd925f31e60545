// What callers ask for in headers: how long to wait (RFC 7240) and which version they saw (RFC 9110). It
// never guesses: a wish that cannot be read is refused.
import { limits } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { invalid } from './errors.ts';

/** Seconds in `Prefer: wait=N`, at most `limits.waitSeconds`; undefined if it is not asked for. */
export const readWait = (prefer: string | undefined): number | undefined => {
  const wish = prefer
    ?.split(',')
    .map((part) => /^\s*wait\s*(?:=\s*"?([^";]*)"?\s*)?(?:;.*)?$/i.exec(part))
    .find((match) => match !== null);
  if (wish === undefined || wish === null) return undefined;
  const seconds = wish[1]?.trim() ?? '';
  if (!/^\d{1,9}$/.test(seconds)) throw invalid([{ path: 'prefer', message: 'wait takes whole seconds' }]);
  return Math.min(Number(seconds), limits.waitSeconds);
};

/**
 * The version in `If-Match`; undefined where any will do.
 * @throws AppError `mismatch` where no ETag in it can be one of ours.
 */
export const readIfMatch = (
  ifMatch: string | undefined,
  mismatch: 'version-mismatch' | 'product-changed' = 'version-mismatch',
): number | undefined => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const version = /^\s*"([1-9]\d{0,14})"\s*$/.exec(ifMatch)?.[1];
  if (version !== undefined) return Number(version);
  if (ifMatch.includes(',')) throw invalid([{ path: 'if-match', message: 'takes one ETag' }]);
  // If-Match compares strongly: a weak ETag, or one that was never ours, matches nothing.
  const what = mismatch === 'version-mismatch' ? 'order' : 'product';
  throw new AppError(mismatch, `The ETag in If-Match is not one of this ${what}.`);
};
