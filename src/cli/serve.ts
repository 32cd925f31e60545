// Runs the service in this process: opens everything, fills an empty catalogue, listens, and on Ctrl-C or
// SIGTERM finishes what is under way and lets the process end with code 0.
import type { FastifyInstance } from 'fastify';
import { formatMoney } from '../../machines/money.ts';
import { systemClock, toIsoTime } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { toLink, toListeningAddress } from '../listening-address.ts';
import { systemCodeOf } from '../own-files.ts';
import { describeAdmission, describePages, refuseExposure } from './exposure.ts';
import type { Create, Running } from './running.ts';
import { sampleProducts } from './sample.ts';
import { stopAtSignal } from './signals.ts';

/** Serves until a signal. `then` is done once the service listens at `address`. */
export const serve = async (
  settings: Settings,
  create: Create,
  then: ((running: Running, address: string) => Promise<void>) | undefined,
): Promise<void> => {
  const running = await create(settings);
  const stopping = Promise.withResolvers<void>();
  stopAtSignal(stopping.resolve);
  try {
    const hasKeys = running.keys.firstMadeAt() !== undefined;
    refuseExposure(settings, hasKeys);
    await running.localSocket?.listen();
    await running.catalogue.seedProducts(sampleProducts, systemClock.now());
    const address = await listen(running.api, settings);
    const { resumed, overdue, incidents, versions } = running.recovery;
    const adminAddress = await listenForAdmins(running, settings);
    console.log(`Orderchart listens on ${address}`);
    console.log(describeAdmission(settings, hasKeys));
    const pages = describePages(settings, toLink(address), adminAddress && toLink(adminAddress));
    for (const line of pages) console.log(line);
    console.log(
      `Recovered: ${resumed} calls resumed, ${overdue} deadlines overdue, ${incidents} open incidents`,
    );
    for (const line of describeRestore(running, hasKeys)) console.log(line);
    const stored = Object.entries(versions).map(
      ([version, orders]) => `${orders} on chart version ${version}`,
    );
    if (stored.length > 0) console.log(`Stored orders: ${stored.join(', ')}`);
    await Promise.race([then?.(running, toLink(address)), stopping.promise]);
    await stopping.promise;
    console.log('Stopping: accepting nothing new and finishing what is under way …');
  } finally {
    await running.close();
  }
  console.log('Stopped.');
};

/** As many as a person reads at a start; the log has all. */
const namedOrders = 20;

const describeRestore = (
  { recovery: { restored }, unknownOrders }: Running,
  hasKeys: boolean,
): readonly string[] => {
  if (restored === undefined) return [];
  const { lastEventAt, doubtfulCalls } = restored;
  const from =
    lastEventAt === null ? 'without any event' : `whose newest event is of ${toIsoTime(lastEventAt)}`;
  const names = unknownOrders
    .slice(0, namedOrders)
    .map(({ orderId, taken, currency }) => `${orderId} (${formatMoney(taken, currency)} taken)`);
  const more = unknownOrders.length - names.length;
  return [
    `Restored: the store is a copy ${from}. Cursors of what came later are refused (410).`,
    `Reconciling: ${doubtfulCalls} calls that were pending in it are not made again, but count as unanswered: charges are looked up first`,
    ...(hasKeys
      ? [
          'Keys: those that were revoked after the copy was made are valid again, those made since are missing, and browsers have to sign in again. Look at `orderchart keys list`',
        ]
      : []),
    ...(names.length === 0
      ? []
      : [
          `Lost: the gateway knows ${unknownOrders.length} orders that are not in the copy: ${names.join(', ')}${more > 0 ? ` and ${more} more, in the log` : ''}. Place them again or give the money back`,
        ]),
  ];
};

/** Resolves with where it really listens: Fastify names loopback for all addresses of the machine. */
const listen = (api: FastifyInstance, { HOST: host, PORT: port }: Settings): Promise<string> =>
  explainListening(`HOST=${host} PORT=${port}`, async () => {
    const named = await api.listen({ host, port, backlog: limits.backlog });
    return toListeningAddress(api.server) ?? named;
  });

const listenForAdmins = (running: Running, { HOST, ADMIN_PORT }: Settings): Promise<string | undefined> =>
  explainListening(`HOST=${HOST} ADMIN_PORT=${ADMIN_PORT}`, running.listenForAdmins);

const explainListening = async <T>(settings: string, listening: () => Promise<T>): Promise<T> => {
  try {
    return await listening();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    const reason = listenReasons[code] ?? `${code}. Choose another HOST or PORT`;
    throw new AppError('invalid-setting', `Invalid ${settings}: ${reason}.`);
  }
};

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; choose another PORT',
  EADDRNOTAVAIL: 'this machine has no such address; set HOST to one that it has, such as 127.0.0.1',
  ENOTFOUND: 'there is no host of this name; set HOST to an address of this machine, such as 127.0.0.1',
  EAI_AGAIN: 'the name cannot be looked up now; set HOST to an address of this machine, such as 127.0.0.1',
  EACCES: 'this user may not listen there; choose a PORT above 1023',
};
