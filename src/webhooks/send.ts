// One try to deliver to an address that others chose: it must not reach what only this machine or its network can. The address
// is checked when the connection is made, so the one that is checked is the one that is connected to. It follows no redirect.
import http from 'node:http';
import https from 'node:https';
import { BlockList, type LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { readRetryAfter } from '../retry-after.ts';

export interface SendingRules {
  readonly clock: Clock;
  /** WEBHOOK_ALLOW_PRIVATE: for endpoints in the own network. */
  readonly allowPrivate: boolean;
  /** Left out: the system's. */
  readonly lookup?: LookupFunction;
}

export interface Answered {
  readonly status: number | null;
  /** A fixed word: what the other end says goes nowhere. Null: delivered. */
  readonly problem: string | null;
  /** ms that the endpoint asks to wait. */
  readonly retryAfterMs: number;
}

interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Never rejects. An abort by `signal` is a failure like others, of which the caller knows. */
export const send = (
  { clock, allowPrivate, lookup }: SendingRules,
  { url, headers, body }: Message,
  signal: AbortSignal,
): Promise<Answered> => {
  const { promise, resolve } = Promise.withResolvers<Answered>();
  const late = new AbortController();
  const stopWaiting = clock.schedule(() => late.abort(), limits.webhookTimeoutMs);
  const end = (answered: Partial<Answered>): void => {
    stopWaiting();
    resolve({ status: null, problem: null, retryAfterMs: 0, ...answered });
  };
  const isSecure = url.startsWith('https:');
  const filtering = {
    keepAlive: false,
    allowPrivateIPAddress: allowPrivate,
    allowMetaIPAddress: allowPrivate,
  };
  const agent = isSecure
    ? new RequestFilteringHttpsAgent(filtering)
    : new RequestFilteringHttpAgent(filtering);
  const request = (isSecure ? https : http).request(url, {
    ...{ method: 'POST', headers, agent, signal: AbortSignal.any([signal, late.signal]) },
    ...(lookup && { lookup }),
    ...(allowPrivate ? {} : { blockList: disguises }),
  });
  request.on('error', (error) => end({ problem: late.signal.aborted ? 'timed-out' : toProblem(error) }));
  request.on('response', (response) => {
    const { statusCode: status = 0, headers } = response;
    const askedMs = readRetryAfter(headers['retry-after'], clock.now()) ?? 0;
    const retryAfterMs = Math.min(askedMs, limits.webhookLongestWaitMs);
    end({ status, problem: judge(status), retryAfterMs });
    // Nobody reads what it says.
    response.destroy();
  });
  request.end(body);
  return promise;
};

/** IPv4 in IPv6 that the library takes for public: compatible addresses, and NAT64 in one's own network. */
const disguises = new BlockList();
disguises.addSubnet('::', 96, 'ipv6');
disguises.addSubnet('64:ff9b:1::', 48, 'ipv6');

/** Node has a code for it, the library that filters has none. */
const toProblem = (error: NodeJS.ErrnoException): string =>
  error.code === 'ERR_IP_BLOCKED' || /is not allowed\. Because/.test(error.message)
    ? 'address-not-allowed'
    : 'connection-failed';

const judge = (status: number): string | null => {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? 'redirected' : `http-${status}`;
};
