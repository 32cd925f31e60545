// The gateway and the mailer as the service sees them: each call is one HTTP request to a test double, aborted
// with its signal. They keep nothing and retry nothing: that is the charts' business.
import { z } from 'zod';
import type { ServiceName } from '../../machines/messages.ts';
import type { Faults } from '../../src/faults.ts';
import type { ReplyFrom, ShopCall, ShopService } from '../../src/shop/services.ts';

/** Checks only whose reply it is; `callService` checks the rest. */
const toReplySchema = <R>(prefix: string) =>
  z.custom<R>((value) => z.object({ type: z.string().startsWith(prefix) }).safeParse(value).success);
const gatewayReply = toReplySchema<ReplyFrom<'gateway'>>('gateway.');
const mailerReply = toReplySchema<ReplyFrom<'mailer'>>('mailer.');

const gatewayKeyLifetimeMs = 86_400_000;

export const createGatewayClient = (url: string, faults: Faults): ShopService<'gateway'> => ({
  name: 'gateway',
  place: 'outside',
  keyLifetimeMs: gatewayKeyLifetimeMs,
  answer: async (call) => {
    const answer = await request(`${url}/operations`, call, faults);
    return answer === 'busy' ? { type: 'gateway.failed', reason: 'busy' } : gatewayReply.parse(answer);
  },
});

export const createMailerClient = (url: string, faults: Faults): ShopService<'mailer'> => ({
  name: 'mailer',
  place: 'outside',
  answer: async (call) => {
    const answer = await request(`${url}/messages`, call, faults);
    return answer === 'busy' ? { type: 'mailer.failed', reason: 'busy' } : mailerReply.parse(answer);
  },
});

/**
 * 'busy': the double did nothing.
 * @throws if there is no usable answer: then nothing is known.
 */
const request = async (
  url: string,
  { orderId, command, signal }: ShopCall<ServiceName>,
  faults: Faults,
): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ orderId, command });
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  // The double has done it, and nothing of its answer was read yet.
  if (response.ok) faults.reach('call.after-effect', command.type);
  const answer: unknown = await response.json();
  if (response.status === 429 || response.status === 503) return 'busy';
  if (!response.ok) throw new Error(`the double answered ${response.status}`);
  return answer;
};
