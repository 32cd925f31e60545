// The service as it is shipped, started by the production command, with what tests of real processes need on
// top: it ends itself at `CRASH_AT`, its clock can be stepped, the gateway can tell it something, and gateway and
// mailer are processes of their own. Only this program knows of these.
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { z } from 'zod';
import { type Message, typesTo } from '../../machines/messages.ts';
import { runCommand } from '../../src/cli/command.ts';
import type { Settings } from '../../src/config.ts';
import { type FaultPoint, type Faults, noFaults } from '../../src/faults.ts';
import { createOrderchart, type Orderchart } from '../../src/main.ts';
import { createCrash, readCrashAt } from './crash-points.ts';
import { createGatewayOver, createMailerOver } from './double-services.ts';
import { createSteppedClock } from './stepped-clock.ts';

const { CRASH_AT, CLOCK_OFFSET_FILE, GATEWAY_URL = '', MAILER_URL = '' } = process.env;

/** Nothing of this process goes on after it, and nothing is tidied up. */
const createFaults = (crashAt: string | undefined): Faults => {
  if (crashAt === undefined) return noFaults;
  return createCrash(readCrashAt(crashAt), () => {
    writeSync(1, `Dies at ${crashAt}\n`);
    process.kill(process.pid, 'SIGKILL');
  });
};

const create = async (settings: Settings): Promise<Orderchart> => {
  const faults = createFaults(CRASH_AT);
  const shop = await createOrderchart(settings, {
    faults,
    clock: createSteppedClock(CLOCK_OFFSET_FILE),
    services: {
      gateway: createGatewayOver(GATEWAY_URL, faults),
      mailer: createMailerOver(MAILER_URL, faults),
    },
  });
  hearGateway(shop);
  shop.api.addHook('onResponse', async (request, reply) => {
    const point = toAnsweredPoint(request.routeOptions.url ?? '', reply.statusCode);
    if (request.method === 'POST' && point !== undefined) faults.reach(point);
  });
  shop.api.addHook('onListen', async () => {
    await subscribe(shop);
    // A process that is killed never gets to it by itself.
    flushCompileCache();
  });
  return shop;
};

/** The commit points behind the HTTP answer, which only the edge can tell. */
const toAnsweredPoint = (route: string, status: number): FaultPoint | undefined => {
  if (status > 299) return undefined;
  if (route === webhooksPath) return 'fact.answered';
  if (route === '/orders') return 'accept.answered';
  return route.startsWith('/orders/') ? 'move.answered' : undefined;
};

const webhooksPath = '/webhooks/gateway';
const fromGateway = typesTo('payment').filter((type) => type.startsWith('gateway.'));
const isFromGateway = (value: unknown): value is Message =>
  z.looseObject({ type: z.enum(fromGateway) }).safeParse(value).success;
const webhook = z.object({ id: z.string(), orderId: z.string(), message: z.custom<Message>(isFromGateway) });

const hearGateway = ({ api, host }: Orderchart): void => {
  api.post(webhooksPath, async (request, reply) => {
    const { id: messageId, orderId, message } = webhook.parse(request.body);
    const delivery = { orderId, to: 'payment', message, messageId, otherwise: 'record' } as const;
    await host.send(delivery);
    return reply.code(204).send();
  });
};

/** Tells the gateway where to tell what it did. */
const subscribe = async ({ api }: Orderchart): Promise<void> => {
  const url = `${api.listeningOrigin}${webhooksPath}`;
  const body = JSON.stringify({ url, since: performance.timeOrigin });
  await fetch(`${GATEWAY_URL}/subscriber`, { method: 'PUT', body });
};

// Whoever started it is gone, and would have killed it.
process.stdin.once('end', () => process.kill(process.pid, 'SIGKILL')).resume();
if ('unref' in process.stdin) process.stdin.unref();

/** Doctor and simulator are the product's, run by the product's own program. */
const notHere = () => Promise.reject(new Error('this program serves, and does nothing else'));
await runCommand(process.argv.slice(2), create, notHere, notHere);
