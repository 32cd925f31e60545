// A soak: one real service under steady traffic, with a gateway that fails and loses answers, kills, stops, freezes and
// slow readers. The last third is without faults, so that memory can be compared; then the doctor examines the data.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../src/simulator/random.ts';
import { ask, post, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { examineData } from './examine-data.ts';
import { type FaultyServer, startFaultyServer } from './process-faults.ts';
import { countSockets, readMemory, readSize } from './process-usage.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** The service at one moment. Sizes are in MiB. */
export interface Sample {
  readonly minute: number;
  /** Answered 2xx so far, and per second since the sample before. */
  readonly orders: number;
  readonly perSecond: number;
  readonly unsettled: number;
  readonly incidents: number;
  readonly memory: number;
  readonly wal: number;
  readonly file: number;
  readonly sockets: number;
}

export interface SoakReport {
  readonly seed: number;
  readonly minutes: number;
  readonly orders: number;
  readonly faults: FaultyServer['counts'];
  readonly traffic: Traffic['counts'];
  /** In the last third, in MiB: the medians of its second and of its last quarter. */
  readonly memory: { readonly early: number; readonly late: number; readonly limit: number };
  /** Violations, lost orders, growth beyond the limit. */
  readonly problems: readonly string[];
}

interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Orders per second. */
  readonly rate: number;
  readonly sampleEveryMs: number;
  readonly faultEveryMs: number;
  onSample(sample: Sample): void;
}

const environment = {
  LOG_LEVEL: 'fatal',
  PAYMENT_DELAY_MS: '50',
  PAYMENT_ERROR_RATE: '0.05',
  PAYMENT_TIMEOUT_RATE: '0.02',
  PAYMENT_DECLINE_RATE: '0.1',
  MAIL_DELAY_MS: '20',
  CALL_TIMEOUT_MS: '2000',
  // The faults here are transient, so they must not lead to an incident.
  INVENTORY_ATTEMPTS: '100',
  PAYMENT_ATTEMPTS: '100',
  NOTIFICATION_ATTEMPTS: '100',
  RETRY_FIRST_DELAY_MS: '100',
  RETRY_LONGEST_DELAY_MS: '1000',
  POLL_MS: '200',
};
const slowReaders = 5;
/** How long orders in progress at the end may take to settle. */
const drainMs = 120_000;

/** The memory may grow by a quarter and 32 MiB. */
const toLimit = (early: number): number => Math.round(early * 1.25 + 32);

export const soak = async (options: SoakOptions): Promise<SoakReport> => {
  const folder = await makeFolder();
  try {
    const random = createRandom(options.seed, 'soak');
    const faulty = await startFaultyServer(
      folder.path,
      { ...environment, SEED: String(options.seed) },
      random,
    );
    const url = () => faulty.server().url;
    await fillStock(url());
    const traffic = startTraffic({ url, random, rate: options.rate, slowReaders });
    const memory = await monitor(options, folder.path, faulty, traffic);
    await traffic.stop();
    const problems = [
      ...faulty.problems,
      ...(await drain(url)),
      ...(await findLost(url(), traffic.accepted)),
    ];
    const code = await faulty.server().stop();
    if (code !== 0) problems.push(`the service ended with ${code}`);
    const { violations } = await examineData(folder.path);
    const limit = toLimit(memory.early);
    if (memory.late > limit)
      problems.push(`memory grew from ${memory.early} to ${memory.late} MiB: over ${limit}`);
    return {
      seed: options.seed,
      minutes: options.minutes,
      orders: traffic.accepted.size,
      faults: faulty.counts,
      traffic: traffic.counts,
      memory: { ...memory, limit },
      problems: [...problems, ...violations],
    };
  } finally {
    await folder.remove();
  }
};

const fillStock = async (url: string): Promise<void> => {
  const delivery = { by: 1_000_000_000, reason: 'delivery' };
  for (const number of [1, 2, 3]) {
    await post(`${url}/products/product-${number}/adjustments`, delivery, `delivery-${number}`);
  }
};

/** Takes samples and causes faults. Returns the memory at the beginning and at the end of the last third. */
const monitor = async (
  { minutes, sampleEveryMs, faultEveryMs, onSample }: SoakOptions,
  folder: string,
  faulty: FaultyServer,
  traffic: Traffic,
): Promise<{ early: number; late: number }> => {
  const startedAt = performance.now();
  const durationMs = minutes * 60_000;
  const quietFromMs = (durationMs * 2) / 3;
  const memories: number[] = [];
  let [nextSample, nextFault, orders] = [sampleEveryMs, faultEveryMs, 0];
  for (let now = 0; now < durationMs; now = performance.now() - startedAt) {
    if (now >= nextFault && now < quietFromMs) {
      await faulty.causeFault();
      nextFault = performance.now() - startedAt + faultEveryMs;
    }
    if (now >= quietFromMs) memories.push(await readMemory(faulty.server().pid));
    if (now >= nextSample) {
      const perSecond = (traffic.accepted.size - orders) / (sampleEveryMs / 1000);
      orders = traffic.accepted.size;
      nextSample += sampleEveryMs;
      onSample({ minute: now / 60_000, orders, perSecond, ...(await takeSample(folder, faulty)) });
    }
    await pause(250);
  }
  const quarter = Math.ceil(memories.length / 4);
  const late = toMedian(memories.slice(-quarter));
  // Too few samples to compare.
  if (memories.length < 4) return { early: late, late };
  return { early: toMedian(memories.slice(quarter, 2 * quarter)), late };
};

const toMedian = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

const takeSample = async (folder: string, faulty: FaultyServer) => {
  const { url, pid } = faulty.server();
  const [unsettled, incidents] = await Promise.all([
    count(`${url}/orders?settled=false`),
    count(`${url}/incidents?`),
  ]);
  return {
    unsettled,
    incidents,
    memory: await readMemory(pid),
    wal: await readSize(join(folder, 'data/orderchart.db-wal')),
    file: await readSize(join(folder, 'data/orderchart.db')),
    sockets: await countSockets(pid),
  };
};

/** Entries of the first page of a list: 100 may stand for more. */
const count = async (address: string): Promise<number> => {
  const { body } = await ask(`${address}&limit=100`);
  return (body.orders ?? body.incidents).length;
};

/** Waits until every order is settled. Those that are not by then are problems. */
const drain = async (url: () => string): Promise<readonly string[]> => {
  const startedAt = performance.now();
  const read = () => ask(`${url()}/orders?settled=false&limit=10`);
  const { body } = await until(
    read,
    ({ body: { orders } }) => orders.length === 0 || performance.now() - startedAt > drainMs,
  );
  return body.orders.map(({ id, state }: { id: string; state: string }) => `${id} does not settle: ${state}`);
};

const findLost = async (url: string, accepted: ReadonlySet<string>): Promise<readonly string[]> => {
  const missing = new Set(accepted);
  for (let after = ''; ; ) {
    const { body } = await ask(`${url}/orders?limit=100${after}`);
    for (const { id } of body.orders) missing.delete(id);
    if (body.next === null) break;
    after = `&after=${body.next}`;
  }
  return [...missing].map((id) => `${id} was accepted, but is not stored`);
};
