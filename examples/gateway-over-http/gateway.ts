// A payment gateway of one's own behind PAYMENT_GATEWAY_URL: it checks the signature, does each key once, and answers. It takes no
// real money and forgets everything when it ends. Run it with `PAYMENT_GATEWAY_SECRET=whsec_… node examples/gateway-over-http/gateway.ts`.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env['PAYMENT_GATEWAY_SECRET'] ?? '');
/** What was answered, by key. A real gateway keeps it on a disk, in the transaction that moves the money. */
const answered = new Map<string, object>();
const carryOut = ({ type, key, amount, currency, capture }: Record<string, string>): object => {
  if (type === 'gateway.capture') return { type: 'gateway.captured' };
  if (type === 'gateway.void') return { type: 'gateway.voided' };
  if (type === 'gateway.refund') return { type: 'gateway.refunded', refundTransactionId: `refund-${key}` };
  const result = capture === 'later' ? 'gateway.authorized' : 'gateway.charged';
  return { type: result, transactionId: `charge-${key}`, amount, currency };
};
const answer = (command: Record<string, string>): object => {
  const { type, key = '' } = command;
  if (type === 'gateway.look-up') return answered.get(key) ?? { type: 'gateway.absent' };
  const reply = answered.get(key) ?? carryOut(command);
  answered.set(key, reply);
  return reply;
};

const server = createServer(async (request, response) => {
  const body = await text(request);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  try {
    webhook.verify(body, Object.fromEntries(headers));
  } catch {
    response.writeHead(401).end();
    return;
  }
  const { command } = JSON.parse(body);
  console.log(`${command.type} ${command.key}`);
  response.end(JSON.stringify(answer(command)));
});
server.listen(Number(process.env['PORT'] ?? 4000), '127.0.0.1', () =>
  console.log('listens on', server.address()),
);
