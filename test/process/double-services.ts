// The gateway and the mailer as the service sees them when they are elsewhere: each call is one HTTP request to
// a double, given up when its signal says so. They keep nothing and repeat nothing: that is the charts' part.
import { z } from 'zod';
import type { Faults } from '../../src/faults.ts';
import type { OutsideService, ReplyFrom, ServiceCall } from '../../src/service.ts';

/** What the double said; `callService` checks the rest of it. 'busy': it said that it did nothing. */
const toReplySchema = <R>(prefix: string) =>
  z.custom<R>((value) => z.object({ type: z.string().startsWith(prefix) }).safeParse(value).success);
const gatewayReply = toReplySchema<ReplyFrom<'gateway'>>('gateway.');
const mailerReply = toReplySchema<ReplyFrom<'mailer'>>('mailer.');

const daysTheGatewayRemembersKeys = 1;

export const createGatewayOver = (url: string, faults: Faults): OutsideService<'gateway'> => ({
  name: 'gateway',
  place: 'outside',
  keyLifetimeMs: daysTheGatewayRemembersKeys * 86_400_000,
  answer: async (call) => {
    const answer = await ask(`${url}/operations`, call, faults);
    return answer === 'busy' ? { type: 'gateway.failed', reason: 'busy' } : gatewayReply.parse(answer);
  },
});

export const createMailerOver = (url: string, faults: Faults): OutsideService<'mailer'> => ({
  name: 'mailer',
  place: 'outside',
  answer: async (call) => {
    const answer = await ask(`${url}/messages`, call, faults);
    return answer === 'busy' ? { type: 'mailer.failed', reason: 'busy' } : mailerReply.parse(answer);
  },
});

/** @throws where there is no answer, or one that is not understood: then nothing is known. */
const ask = async (
  url: string,
  { orderId, command, signal }: ServiceCall,
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
