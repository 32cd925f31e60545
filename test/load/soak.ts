// A soak: one real service under steady traffic for as long as asked, with services that err and lose answers,
// kills, stops, freezes and readers that hardly read. For the last third it is left alone, so that its memory can
// be compared; then it drains, and the doctor looks at what it left.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../src/simulator/random.ts';
import { ask, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { type Disturbed, startDisturbed } from './disturbances.ts';
import { examineData } from './examination.ts';
import { countSockets, readMemory, readSize } from './process.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** One look at the service. Sizes are in MiB. */
export interface Look {
  readonly minute: number;
  /** Answered 2xx so far, and how many a second since the look before. */
  readonly orders: number;
  readonly perSecond: number;
  readonly moving: number;
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
  readonly disturbances: Disturbed['counts'];
  readonly traffic: Traffic['figures'];
  /** Of the last third, in MiB: the middle of its first and of its last quarter. */
  readonly memory: { readonly early: number; readonly late: number; readonly bound: number };
  /** What must not be: violations, lost orders, growth beyond the bound. Empty where all is well. */
  readonly problems: readonly string[];
}

interface Soak {
  readonly minutes: number;
  readonly seed: number;
  /** Orders in a second. */
  readonly rate: number;
  readonly lookEveryMs: number;
  readonly disturbEveryMs: number;
  onLook(look: Look): void;
}

const environment = {
  LOG_LEVEL: 'fatal',
  PAYMENT_DELAY_MS: '50',
  PAYMENT_ERROR_RATE: '0.05',
  PAYMENT_TIMEOUT_RATE: '0.02',
  PAYMENT_DECLINE_RATE: '0.1',
  MAIL_DELAY_MS: '20',
  CALL_TIMEOUT_MS: '2000',
  // What a service does wrong here is passing: it must not park an order.
  INVENTORY_ATTEMPTS: '100',
  PAYMENT_ATTEMPTS: '100',
  NOTIFICATION_ATTEMPTS: '100',
  RETRY_FIRST_DELAY_MS: '100',
  RETRY_LONGEST_DELAY_MS: '1000',
  POLL_MS: '200',
};
const slowReaders = 5;
/** How long the orders that are under way at the end may take. */
const drainMs = 120_000;

/** How much memory the last third may end with: a quarter, and 32 MiB, more than it began with. */
const toBound = (early: number): number => Math.round(early * 1.25 + 32);

export const soak = async (asked: Soak): Promise<SoakReport> => {
  const folder = await makeFolder();
  try {
    const random = createRandom(asked.seed, 'soak');
    const disturbed = await startDisturbed(folder.path, { ...environment, SEED: String(asked.seed) }, random);
    const url = () => disturbed.server().url;
    await fillStock(url());
    const traffic = startTraffic({ url, random, rate: asked.rate, slowReaders });
    const memory = await watch(asked, folder.path, disturbed, traffic);
    await traffic.stop();
    const problems = [
      ...disturbed.complaints,
      ...(await drain(url)),
      ...(await findLost(url(), traffic.accepted)),
    ];
    const code = await disturbed.server().stop();
    if (code !== 0) problems.push(`the service ended with ${code}`);
    const { violations } = await examineData(folder.path);
    const bound = toBound(memory.early);
    if (memory.late > bound)
      problems.push(`memory grew from ${memory.early} to ${memory.late} MiB: over ${bound}`);
    return {
      seed: asked.seed,
      minutes: asked.minutes,
      orders: traffic.accepted.size,
      disturbances: disturbed.counts,
      traffic: traffic.figures,
      memory: { ...memory, bound },
      problems: [...problems, ...violations],
    };
  } finally {
    await folder.remove();
  }
};

const fillStock = async (url: string): Promise<void> => {
  for (const [number, unitPrice] of [5000, 7500, 2500].entries()) {
    const body = JSON.stringify({
      name: `Product ${number}`,
      unitPrice,
      currency: 'USD',
      onHand: 1_000_000_000,
    });
    const headers = { 'content-type': 'application/json' };
    await ask(`${url}/products/product-${number + 1}`, { method: 'PUT', headers, body });
  }
};

/** Lets the time pass, looks and disturbs. Returns the memory at the beginning and at the end of the last third. */
const watch = async (
  { minutes, lookEveryMs, disturbEveryMs, onLook }: Soak,
  folder: string,
  disturbed: Disturbed,
  traffic: Traffic,
): Promise<{ early: number; late: number }> => {
  const startedAt = performance.now();
  const lastsMs = minutes * 60_000;
  const quietFromMs = (lastsMs * 2) / 3;
  const memories: number[] = [];
  let [nextLook, nextDisturbance, orders] = [lookEveryMs, disturbEveryMs, 0];
  for (let now = 0; now < lastsMs; now = performance.now() - startedAt) {
    if (now >= nextDisturbance && now < quietFromMs) {
      await disturbed.disturb();
      nextDisturbance = performance.now() - startedAt + disturbEveryMs;
    }
    if (now >= quietFromMs) memories.push(await readMemory(disturbed.server().pid));
    if (now >= nextLook) {
      const perSecond = (traffic.accepted.size - orders) / (lookEveryMs / 1000);
      orders = traffic.accepted.size;
      nextLook += lookEveryMs;
      onLook({ minute: now / 60_000, orders, perSecond, ...(await look(folder, disturbed)) });
    }
    await pause(250);
  }
  const quarter = Math.ceil(memories.length / 4);
  const late = toMiddle(memories.slice(-quarter));
  // Too short to have a beginning and an end.
  if (memories.length < 4) return { early: late, late };
  return { early: toMiddle(memories.slice(quarter, 2 * quarter)), late };
};

const toMiddle = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

const look = async (folder: string, disturbed: Disturbed) => {
  const { url, pid } = disturbed.server();
  const [moving, incidents] = await Promise.all([
    count(`${url}/orders?settled=false`),
    count(`${url}/incidents?`),
  ]);
  return {
    moving,
    incidents,
    memory: await readMemory(pid),
    wal: await readSize(join(folder, 'data/orderchart.db-wal')),
    file: await readSize(join(folder, 'data/orderchart.db')),
    sockets: await countSockets(pid),
  };
};

/** Entries of the first page of a list: 100 means that there may be more. */
const count = async (address: string): Promise<number> => {
  const { body } = await ask(`${address}&limit=100`);
  return (body.orders ?? body.incidents).length;
};

/** Waits until no order moves. What still does after that time is a problem. */
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
  return [...missing].map((id) => `${id} was accepted, and is not there`);
};
