// The shipped service, started by the production command, with what tests of real processes add: it kills itself at
// `CRASH_AT`, its clock can be stepped, it accepts webhooks, and gateway and mailer are processes of their own.
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { z } from 'zod';
import { type Message, typesTo } from '../../machines/messages.ts';
import { runCommand } from '../../src/cli/command.ts';
import type { Settings } from '../../src/config.ts';
import { createCompareVersions } from '../../src/diff/diff.ts';
import { type FaultPoint, type Faults, noFaults } from '../../src/faults.ts';
import { createOrderchart, type Orderchart } from '../../src/main.ts';
import { shop } from '../../src/shop/shop.ts';
import { createCrash, readCrashAt } from './crash-points.ts';
import { createGatewayClient, createMailerClient } from './double-clients.ts';
import { createSteppedClock } from './stepped-clock.ts';

const { CRASH_AT, CLOCK_OFFSET_FILE, GATEWAY_DOUBLE_URL = '', MAILER_DOUBLE_URL = '' } = process.env;

/** A kill from inside: nothing of this process runs after it, and nothing is cleaned up. */
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
      gateway: createGatewayClient(GATEWAY_DOUBLE_URL, faults),
      mailer: createMailerClient(MAILER_DOUBLE_URL, faults),
    },
  });
  acceptWebhooks(shop);
  shop.api.addHook('onResponse', async (request, reply) => {
    const point = toAnsweredPoint(request.routeOptions.url ?? '', reply.statusCode);
    if (request.method === 'POST' && point !== undefined) faults.reach(point);
  });
  shop.api.addHook('onListen', async () => {
    await subscribe(shop);
    // A process that is killed never does this by itself.
    flushCompileCache();
  });
  return shop;
};

/** The commit points after an HTTP answer, which only the HTTP server knows. */
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

const acceptWebhooks = ({ api, host }: Orderchart): void => {
  api.post(webhooksPath, { config: { access: 'any-key' } }, async (request, reply) => {
    const { id: messageId, orderId, message } = webhook.parse(request.body);
    const delivery = { orderId, to: 'payment', message, messageId, otherwise: 'record' } as const;
    await host.send(delivery);
    return reply.code(204).send();
  });
};

/** Subscribes to the gateway's webhooks. */
const subscribe = async ({ api }: Orderchart): Promise<void> => {
  const url = `${api.listeningOrigin}${webhooksPath}`;
  const body = JSON.stringify({ url, since: performance.timeOrigin });
  await fetch(`${GATEWAY_DOUBLE_URL}/subscriber`, { method: 'PUT', body });
};

// The test that started it is gone, and would have killed it.
process.stdin.once('end', () => process.kill(process.pid, 'SIGKILL')).resume();
if ('unref' in process.stdin) process.stdin.unref();

const notHere = () => Promise.reject(new Error('this program only serves'));
const copies = { makeBackup: notHere, acceptCopy: notHere };
const others = {
  examineStore: notHere,
  moveStore: notHere,
  reachKeys: notHere,
  simulate: notHere,
  reachMigrations: notHere,
  rehearse: notHere,
  openProvider: notHere,
  reconcileStore: notHere,
  ...copies,
};
const compareVersions = createCompareVersions(shop);
await runCommand(process.argv.slice(2), { create, compareVersions, ...others });
