// How many requests a key and an address may send: counted by a library, refused with 429 before anything is read. Requests
// from this machine without a key are not counted.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isLoopback, toNetwork } from '../../callers.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';

const windowSeconds = 60;

type Name = 'key' | 'address' | 'wrong-keys' | 'sign-ins';

interface Limit {
  readonly name: Name;
  readonly most: number;
  /** Who is counted. */
  readonly as: string;
}

export interface RateLimits {
  /** Counts a request, let in or not: for its address, and for its key. @throws AppError `rate-limited`. */
  count(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined;
  /** Counts a request with a wrong key. @throws AppError `rate-limited`. */
  countWrongKey(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts a session that is asked for with a key: each is stored, one after the other. @throws AppError `rate-limited`. */
  countSignIn(keyId: string, reply: FastifyReply): Promise<void>;
}

const what: Readonly<Record<Name, string>> = {
  key: 'requests with this key',
  address: 'requests from this address',
  'wrong-keys': 'wrong keys from this address',
  'sign-ins': 'sign-ins with this key',
};

export const createRateLimits = (settings: Settings): RateLimits => {
  /** By the number of requests: a key may have a limit of its own. */
  const limiters = new Map<string, RateLimiterMemory>();
  const limiterOf = ({ name, most }: Limit): RateLimiterMemory => {
    const id = `${name}-${most}`;
    const known = limiters.get(id);
    if (known !== undefined) return known;
    const made = new RateLimiterMemory({ points: most, duration: windowSeconds, keyPrefix: id });
    limiters.set(id, made);
    return made;
  };
  const consume = async (limit: Limit, reply: FastifyReply): Promise<void> => {
    const { name, most } = limit;
    reply.header('ratelimit-policy', `"${name}";q=${most};w=${windowSeconds}`);
    try {
      setLeft(reply, name, await limiterOf(limit).consume(limit.as));
    } catch (result) {
      if (!(result instanceof RateLimiterRes)) throw result;
      setLeft(reply, name, result);
      const retryAfter = toSeconds(result);
      const text = `More than ${most} ${what[name]} in ${windowSeconds} s. Try again in ${retryAfter} s.`;
      throw new AppError('rate-limited', text, { retryAfter });
    }
  };
  return {
    count: (request, reply) => {
      const { caller, ip } = request;
      const { limitedAs, requestsPerMinute = settings.REQUESTS_PER_MINUTE } = caller;
      const ofAddress: Limit | undefined = isLoopback(ip)
        ? undefined
        : { name: 'address', most: settings.REQUESTS_PER_MINUTE_AND_ADDRESS, as: toNetwork(ip) };
      if (limitedAs === undefined) return ofAddress && consume(ofAddress, reply);
      const ofKey: Limit = { name: 'key', most: requestsPerMinute, as: limitedAs };
      return ofAddress === undefined
        ? consume(ofKey, reply)
        : consume(ofAddress, reply).then(() => consume(ofKey, reply));
    },
    countWrongKey: ({ ip }, reply) =>
      consume({ name: 'wrong-keys', most: limits.wrongKeysPerMinute, as: toNetwork(ip) }, reply),
    countSignIn: (keyId, reply) =>
      consume({ name: 'sign-ins', most: limits.signInsPerMinute, as: keyId }, reply),
  };
};

const toSeconds = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));

const setLeft = (reply: FastifyReply, name: Name, result: RateLimiterRes): void => {
  reply.header('ratelimit', `"${name}";r=${result.remainingPoints};t=${toSeconds(result)}`);
};
