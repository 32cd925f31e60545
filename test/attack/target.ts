// What is attacked: two real services in processes of their own, one with keys and one without, with orders of two
// customers, and the means to attack them. Every answer is kept, so that it can be searched for data of others.
import type { Socket } from 'node:net';
import { exchange, openSocket, readAll } from '../api/connections.ts';
import { ask, post, until } from '../e2e/client.ts';
import { makeFolder, runCommand, type Server, startServer } from '../e2e/server.ts';
import { storeLongOrders } from '../load/long-orders.ts';
import { startSlowClients } from './slow-clients.ts';

/** The customer whose data no answer to an attacker may have. */
const rivalId = 'rival-7f3a9c';
export const ownerId = 'owner-1';
const scopes = [
  ...['orders:place', 'orders:read', 'orders:cancel', 'money', 'incidents'],
  ...['catalogue', 'events', 'metrics', 'admin'],
];
const ofCustomers = ['orders:place', 'orders:read', 'orders:cancel', 'money', 'incidents', 'events'];

export interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | object;
  /** Sent as `Authorization: Bearer`. */
  readonly key?: string;
}
export type Answer = Awaited<ReturnType<typeof exchange>>;

/** One of the two services. */
export interface Door {
  readonly url: string;
  readonly port: number;
  /** Sends a request with these headers; JSON is its type unless they say another. */
  ask(path: string, request?: Request): Promise<Answer>;
  /** Sends bytes as they are on a connection of their own, and returns all that comes until it ends. */
  raw(bytes: string | Buffer): Promise<string>;
  /** A connection that the end of the case closes. */
  connect(): Promise<Socket>;
  stream(path: string, headers?: Record<string, string>): Promise<Response>;
}

interface DoorParts {
  readonly url: string;
  readonly answers: string[];
  readonly sockets: Set<Socket>;
  readonly leaving: AbortSignal;
  /** Keys that may see the orders of all customers. */
  readonly unbound: ReadonlySet<string>;
}

const createDoor = ({ url, answers, sockets, leaving, unbound }: DoorParts): Door => {
  const port = Number(new URL(url).port);
  const connect = async (): Promise<Socket> => {
    const socket = await openSocket(port);
    sockets.add(socket.on('error', () => {}));
    return socket;
  };
  return {
    url,
    port,
    connect,
    ask: async (path, { method = 'GET', headers = {}, body, key } = {}) => {
      const type = method === 'GET' ? {} : { 'content-type': 'application/json' };
      const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
      const all: Record<string, string> = { ...type, ...authorization, ...headers };
      const answer = await exchange(`${url}${path}`, { method, headers: all, body: text });
      // Who may see everything shows nothing of others.
      const seesAll = key !== undefined && unbound.has(key) && answer.status < 300;
      answers.push(
        seesAll
          ? `HTTP/1.1 ${answer.status}`
          : `HTTP/1.1 ${answer.status} ${JSON.stringify(answer.headers)} ${answer.body}`,
      );
      return answer;
    },
    raw: async (bytes) => {
      const socket = await connect();
      const reading = readAll(socket).catch(() => '');
      socket.write(bytes);
      const text = await reading;
      answers.push(text);
      return text;
    },
    stream: (path, headers = {}) => fetch(`${url}${path}`, { headers, signal: leaving }),
  };
};

export interface Tokens {
  /** Everything. */
  readonly root: string;
  /** Bound to the first customer, with all that such a key may have. */
  readonly owner: string;
  readonly metrics: string;
  /** All but `metrics` and `admin`. */
  readonly desk: string;
  readonly expired: string;
  readonly revoked: string;
  /** Ten requests a minute. */
  readonly limited: string;
}

const makeKeys = async (server: Server, folder: string) => {
  const words = ['keys', 'create', '--principal', 'root', '--scopes', scopes.join(','), '--json'];
  const { output } = await runCommand(words, folder, files);
  const { token: root }: { token: string } = JSON.parse(output);
  const headers = { authorization: `Bearer ${root}` };
  const make = async (principal: string, allowed: readonly string[], more: object = {}) => {
    const wish = { principal, scopes: allowed, ...more };
    const { status, body } = await post(`${server.url}/keys`, wish, undefined, headers);
    if (status !== 201) throw new Error(`the key of ${principal} was answered ${status}`);
    return { id: String(body.key.id), token: String(body.token) };
  };
  const inSoManyMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const revoked = await make('revoked', ofCustomers);
  await post(`${server.url}/keys/${revoked.id}/revoke`, {}, undefined, headers);
  const tokens: Tokens = {
    root,
    owner: (await make('owner', ofCustomers, { customerId: ownerId })).token,
    metrics: (await make('metrics', ['metrics'])).token,
    desk: (await make('desk', scopes.slice(0, 7))).token,
    expired: (await make('expired', ofCustomers, { expiresAt: inSoManyMs(2000) })).token,
    revoked: revoked.token,
    limited: (await make('limited', ['orders:read'], { requestsPerMinute: 10 })).token,
  };
  const expired = { headers: { authorization: `Bearer ${tokens.expired}` } };
  await until(
    () => ask(`${server.url}/session`, expired),
    ({ status }) => status === 401,
  );
  return tokens;
};

export const toOrder = (customerId: string) => ({
  ...{ customerId, email: `${customerId}@example.com`, currency: 'USD' },
  items: [{ productId: 'product-1', quantity: 1 }],
});

/** Places an order and waits until it has settled, so that nothing moves by itself any more. */
const place = async (url: string, customerId: string, headers: Record<string, string> = {}) => {
  const answer = await post(`${url}/orders`, toOrder(customerId), `first-${customerId}`, headers);
  if (answer.status !== 201) throw new Error(`an order was answered ${answer.status}`);
  const id = String(answer.body.id);
  await until(
    () => ask(`${url}/orders/${id}`, { headers }),
    ({ body }) => body.settled,
  );
  return id;
};

/** Everything that an attack must leave as it was. */
const readStored = async (url: string, headers: Record<string, string>): Promise<string> => {
  const paths = ['/orders?limit=100', '/events?limit=1000', '/products', '/keys'];
  const [orders, events, products, keys] = await Promise.all(
    paths.map(async (path) => (await ask(`${url}${path}`, { headers })).body),
  );
  // Where there are no keys, nobody may list them.
  const known = (keys.keys ?? []).map((key: object) => ({ ...key, lastUsedAt: null }));
  return JSON.stringify([orders, events, products, known]);
};

const settings = {
  ...{ PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'info' },
  ...{ MAX_STREAMS: '40', MAX_WAITS_PER_KEY: '20', REQUESTS_PER_MINUTE: '1000000' },
};

const files = { DATABASE_URL: 'sqlite:orderchart.db', MAIL_DIR: 'mail', PAYMENT_LEDGER: 'ledger.jsonl' };

/** Starts both services. `close` ends them, and says with which exit codes. */
export const openTarget = async () => {
  const folders = [await makeFolder(), await makeFolder()] as const;
  const [long = ''] = await storeLongOrders({
    folder: folders[0].path,
    database: 'orderchart.db',
    ...{ orders: 1, messages: 2300, onHand: 10_000 },
  });
  const [shop, keyless] = await Promise.all([
    startServer(folders[0].path, { ...settings, ...files }, ['serve', '--inspect']),
    startServer(folders[1].path, { ...settings, DATABASE_URL: 'memory:' }, ['serve', '--inspect']),
  ]);
  await Promise.all([shop, keyless].map((server) => server.untilPrinted(/Recovered/)));
  const slow = startSlowClients(Number(new URL(keyless.url).port));
  const tokens = await makeKeys(shop, folders[0].path);
  const headers = { authorization: `Bearer ${tokens.root}` };
  const unbound = new Set([tokens.root, tokens.desk, tokens.limited]);
  const orders = {
    long,
    rival: await place(shop.url, rivalId, headers),
    owner: await place(shop.url, ownerId, headers),
    keyless: await place(keyless.url, ownerId),
  };
  const stored = async (): Promise<string> =>
    (await readStored(shop.url, headers)) + (await readStored(keyless.url, {}));
  const isAlive = async (): Promise<boolean> => {
    const answers = await Promise.all([shop, keyless].map(({ url }) => fetch(`${url}/livez`)));
    return answers.every(({ ok }) => ok);
  };
  /** The means of one case. */
  const begin = () => {
    const answers: string[] = [];
    const sockets = new Set<Socket>();
    const leaving = new AbortController();
    const toDoor = ({ url }: Server) =>
      createDoor({ url, answers, sockets, leaving: leaving.signal, unbound });
    const end = (): void => {
      leaving.abort();
      for (const socket of sockets) socket.destroy();
    };
    return { shop: toDoor(shop), keyless: toDoor(keyless), tokens, orders, slow, answers, end };
  };
  /** Resolves when what was placed moves no more. */
  const untilSettled = async (): Promise<void> => {
    await until(
      () => ask(`${shop.url}/orders?settled=false`, { headers }),
      ({ body }) => body.orders.length === 0,
    );
  };
  return {
    begin,
    untilSettled,
    stored,
    isAlive,
    secret: rivalId,
    secrets: [...Object.values(tokens), `${rivalId}@example.com`, `${ownerId}@example.com`],
    logged: () => [shop.output(), keyless.output()],
    pid: shop.pid,
    close: async () => {
      const codes = await Promise.all([shop.stop(), keyless.stop()]);
      for (const folder of folders) await folder.remove();
      return codes;
    },
  };
};

export type Target = Awaited<ReturnType<typeof openTarget>>;
export type Attack = ReturnType<Target['begin']>;
