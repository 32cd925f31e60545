// The payment gateway and the mailer behind the nodes of docs/production.md, as one program outside of them: it checks signatures, does
// each key once, and can hold its answers back. Its books say what was really done.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

const request = z.object({
  orderId: z.string(),
  command: z.looseObject({ type: z.string(), key: z.string() }),
});
type Command = z.infer<typeof request>['command'];

const carryOut = ({ type, key, amount, currency }: Command): object => {
  if (type === 'mailer.send') return { type: 'mailer.sent' };
  if (type === 'gateway.charge') {
    return { type: 'gateway.charged', transactionId: `charge-${key}`, amount, currency };
  }
  throw new Error(`nobody asks for ${type} in this test`);
};

export interface Outside extends AsyncDisposable {
  readonly url: string;
  /** Orders that were charged, and mails that were sent: one entry for each time. */
  readonly charged: readonly string[];
  readonly mailed: readonly string[];
  /** From now on commands are carried out and not answered. */
  hold(): void;
  /** Commands whose answers are held back. */
  held(): number;
  release(): void;
}

export const startOutside = async (secret: string): Promise<Outside> => {
  const webhook = new Webhook(secret);
  const done = new Map<string, object>();
  const [charged, mailed]: [string[], string[]] = [[], []];
  let holding: (() => void)[] | undefined;
  const perform = (orderId: string, command: Command): object => {
    const { type, key } = command;
    // What is looked up was charged under the same key.
    if (type === 'gateway.look-up') return done.get(`gateway.charge ${key}`) ?? { type: 'gateway.absent' };
    const before = done.get(`${type} ${key}`);
    if (before !== undefined) return before;
    const reply = carryOut(command);
    done.set(`${type} ${key}`, reply);
    (type === 'gateway.charge' ? charged : mailed).push(orderId);
    return reply;
  };
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
    try {
      webhook.verify(body, Object.fromEntries(headers));
    } catch {
      outgoing.writeHead(401).end();
      return;
    }
    const { orderId, command } = request.parse(JSON.parse(body));
    const reply = perform(orderId, command);
    const answer = () => outgoing.end(JSON.stringify(reply));
    if (holding === undefined) answer();
    else holding.push(answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    ...{ url: `http://127.0.0.1:${address.port}/commands`, charged, mailed },
    hold: () => {
      holding = [];
    },
    held: () => holding?.length ?? 0,
    release: () => {
      const answers = holding ?? [];
      holding = undefined;
      for (const answer of answers) answer();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
