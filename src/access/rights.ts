// What a key allows, and what none can. Pure.
import { type ApiKey, type Caller, type KeyWish, type Scope, scopesOfAll } from '../access.ts';
import { AppError } from '../errors.ts';

/** Who comes with a key. */
export const toCaller = (key: ApiKey): Caller => {
  const allowed: ReadonlySet<Scope> = new Set(key.scopes);
  return {
    principal: key.principal,
    keyId: key.keyId,
    limitedAs: key.sessionOf ?? key.keyId,
    owner: key.owner ?? undefined,
    requestsPerMinute: key.requestsPerMinute ?? undefined,
    refundsPerDay: key.refundsPerDay ?? undefined,
    may: (scope) => allowed.has(scope),
  };
};

/** @throws AppError `invalid-request` for scopes that such a key cannot have. */
export const refuseWideScopes = ({ scopes, owner }: KeyWish): void => {
  if (scopes.length === 0) throw new AppError('invalid-request', 'A key needs at least one scope.');
  const tooWide = owner === null ? [] : scopes.filter((scope) => scopesOfAll.has(scope));
  if (tooWide.length === 0) return;
  const text = `A key that is bound to a customer cannot have ${tooWide.join(', ')}: it would reach beyond the customer's orders, or set its own prices.`;
  throw new AppError('invalid-request', text);
};
