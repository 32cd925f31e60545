// Runs the service in this process: opens everything, fills an empty catalogue, listens, and on Ctrl-C or
// SIGTERM finishes what is under way and lets the process end with code 0.
import type { FastifyInstance } from 'fastify';
import { systemClock } from '../clock.ts';
import { limits, type Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { toLink, toListeningAddress } from '../listening-address.ts';
import { systemCodeOf } from '../own-files.ts';
import { describeAdmission, refuseExposure } from './exposure.ts';
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
    const adminAddress = (await listenForAdmins(running, settings)) ?? address;
    console.log(`Orderchart listens on ${address}`);
    console.log(describeAdmission(settings, hasKeys));
    console.log(`Inspector: ${toLink(adminAddress)}/inspector (API: ${toLink(adminAddress)}/docs)`);
    console.log(
      `Recovered: ${resumed} calls resumed, ${overdue} deadlines overdue, ${incidents} open incidents`,
    );
    const stored = Object.entries(versions).map(
      ([version, orders]) => `${orders} on chart version ${version}`,
    );
    if (stored.length > 0) console.log(`Stored orders: ${stored.join(', ')}`);
    await then?.(running, toLink(address));
    await stopping.promise;
    console.log('Stopping: accepting nothing new and finishing what is under way …');
  } finally {
    await running.close();
  }
  console.log('Stopped.');
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
