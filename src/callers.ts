// Who sends a request: by its key, by its session, or, where no key is asked for, whoever is on this machine. For the API and
// for the inspector's WebSocket. It knows no route.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { parseCookie } from 'cookie';
import type { Caller, Keys } from './access.ts';
import { AppError } from './errors.ts';

export const sessionCookie = 'orderchart_session';

/** What is looked at of a request. */
interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const unnamed = {
  ...{ principal: undefined, keyId: undefined, limitedAs: undefined, owner: undefined },
  ...{ requestsPerMinute: undefined, refundsPerDay: undefined },
};
/** Whoever asks where no key is asked for. */
const everyone: Caller = { ...unnamed, may: () => true };
export const nobody: Caller = { ...unnamed, may: () => false };

/** By what the limits of a caller are counted: its key, or its address where no key is asked for. */
export const countedAs = ({ caller, ip }: { readonly caller: Caller; readonly ip: string }): string =>
  caller.limitedAs ?? ip;

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
/** @param address as Node gives it; undefined for a Unix socket */
export const isLoopback = (address: string | undefined): boolean => loopback.test(address ?? '');

/** Whether a host, as a name or an address without brackets, is this machine. */
export const isThisMachine = (host: string): boolean => host === 'localhost' || isLoopback(host);

/** Some proxies forward the port, too, which is another one for each connection. */
const withPort = /^(?:(\d+(?:\.\d+){3})|\[(.*)\]):\d+$/;

/** Who is counted for an address: whoever has one IPv6 address has all of its /64. */
export const toNetwork = (given: string): string => {
  const [, ipv4, ipv6] = withPort.exec(given) ?? [];
  const address = ipv4 ?? ipv6 ?? given;
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = [], after = []] = address
    .toLowerCase()
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const left = Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: left }, () => '0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
};

/** What proxies add: whoever sent the request need not be on this machine. */
const forwarded =
  /^(?:forwarded|forwarded-for|via|cdn-loop|client-ip|true-client-ip|fastly-client-ip|cf-.*|(?:x|wl-proxy|proxy)-(?:.*-)?client-?ip|x-(?:original-)?forwarded(?:-.*)?|x-original-(?:host|url)|x-originating-ip|x-(?:real|remote)-(?:ip|addr)|x-envoy-.*|x-proxyuser-ip)$/;

const bearer = /^Bearer +([\w.~+/-]+=*) *$/i;

/** The session in the request's cookies. */
export const readSession = ({ headers: { cookie } }: Pick<Asking, 'headers'>): string | undefined =>
  cookie === undefined ? undefined : parseCookie(cookie)[sessionCookie];

const refused = (detail: string): AppError => new AppError('key-required', detail);

/** Whether a proxy passed the request on. */
export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some((name) => forwarded.test(name));

const mayBeAnyone = ({ headers, socket }: Asking): boolean =>
  isLoopback(socket.remoteAddress) && !isForwarded(headers);

/**
 * The caller; or why there is none: AppError `key-required` or `keys-needed-first`.
 * @param isOpen OPEN_TO_EVERYONE
 */
export const identify = (
  request: Asking,
  keys: Pick<Keys, 'find' | 'firstMadeAt'>,
  isOpen: boolean,
): Caller | AppError => {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = bearer.exec(authorization)?.[1];
    const caller = token === undefined ? undefined : keys.find(token);
    return caller ?? refused('The key in Authorization is not valid.');
  }
  const session = readSession(request);
  const caller = session === undefined ? undefined : keys.find(session);
  if (caller !== undefined) return caller;
  if (isOpen) return everyone;
  if (keys.firstMadeAt() !== undefined) return refused('Send a key in Authorization, or sign in.');
  if (mayBeAnyone(request)) return everyone;
  const detail =
    'Without keys the service serves programs on its own machine alone, and nothing that came through a proxy.';
  return new AppError('keys-needed-first', detail);
};
