// A server process over a store that outlives it: all of main.ts, listening, on a clock that the test moves,
// with services that wait until the test answers for them. It can die at any moment; another one then starts
// over the same store.
import pino from 'pino';
import type { AnyEventObject } from 'xstate';
import type { ServiceName } from '../../machines/messages.ts';
import type { Clock } from '../../src/clock.ts';
import type { Settings } from '../../src/config.ts';
import type { FaultPoint } from '../../src/faults.ts';
import { createOrderchart, type Orderchart } from '../../src/main.ts';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import type { ReplyFrom, ShopService } from '../../src/shop/services.ts';
import type { Batch, Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import { start, toCallName } from './model.ts';
import { answersTo, toAnswer } from './service-answers.ts';

/** A call without an answer. */
interface Asked {
  answer(word: string): void;
}

/** What ends with the process. */
interface ServerProcess {
  readonly shop: Orderchart;
  readonly url: string;
  /** By order and name of the call. */
  readonly asked: Map<string, Asked>;
  dieAt(point: FaultPoint): Promise<void>;
  end(): Promise<void>;
}

/** Turns of the event loop before a fact that does not occur is an error. */
const mostTurns = 5000;

export type Server = Awaited<ReturnType<typeof openServer>>;

export const openServer = async (given: Settings, store: Store = createMemoryStore()) => {
  // Each path has the failures that it is about, and many paths run over one server.
  const settings = { ...given, CIRCUIT_CALLS: 0 };
  const clock = createFakeClock(start);
  await createCatalogue(store).seedProducts(
    sampleOrder.items.map(({ productId, name, unitPrice }) => ({
      ...{ productId, name, unitPrice, currency: sampleOrder.currency },
      onHand: 100_000,
    })),
    clock.now(),
  );
  /** Orders that the test has finished with: their calls are answered at once. */
  const left = new Set<string>();
  let running = await startProcess(settings, clock, store, left);

  /** Waits for a fact while due timers fire. @throws Error if it does not occur. */
  const until = async <T>(what: string, find: () => Promise<T | undefined> | T | undefined): Promise<T> => {
    for (let turn = 0; turn < mostTurns; turn += 1) {
      const found = await find();
      if (found !== undefined) return found;
      await clock.advance(0);
    }
    throw new Error(`it does not occur that ${what}`);
  };
  const versionOf = async (orderId: string) => (await store.load([orderId])).get(orderId)?.version;

  return {
    clock,
    get url() {
      return running.url;
    },
    get host() {
      return running.shop.host;
    },
    answer: async (orderId: string, call: string, word: string) => {
      const { asked } = running;
      const found = await until(`${call} is asked`, () => asked.get(`${orderId} ${call}`));
      asked.delete(`${orderId} ${call}`);
      found.answer(word);
    },
    /** Resolves when the order has this version, or a later one. */
    untilVersion: (orderId: string, version: number) =>
      until(`order ${orderId} has version ${version}`, async () => {
        const found = await versionOf(orderId);
        return found !== undefined && found >= version ? found : undefined;
      }),
    /** Advances the clock. @throws Error for a time in the past. */
    passUntil: async (at: number) => {
      if (at < clock.now()) throw new Error('time does not go back');
      if (at > clock.now()) await clock.advance(at - clock.now());
    },
    leave: (orderId: string) => {
      left.add(orderId);
      for (const [name, call] of running.asked) {
        if (!name.startsWith(`${orderId} `)) continue;
        running.asked.delete(name);
        call.answer(goodAnswer(name));
      }
    },
    /** Resolves when the process has died, which it does when it reaches `point`. */
    dieAt: (point: FaultPoint): Promise<void> => running.dieAt(point),
    /** The process dies, if it has not yet; another one starts at `at`. */
    crash: async (at: number) => {
      await running.end();
      await clock.advance(at - clock.now());
      running = await startProcess(settings, clock, store, left);
    },
    [Symbol.asyncDispose]: async () => {
      await running.end();
      await store.close();
    },
  };
};

/** `ORDER gateway.charge#1` → `charged`. */
const goodAnswer = (name: string): string => {
  const [, type = ''] = / (.*)#/.exec(name) ?? [];
  return answersTo[type]?.good[0] ?? '';
};

const startProcess = async (
  settings: Settings,
  clock: Clock,
  store: Store,
  left: ReadonlySet<string>,
): Promise<ServerProcess> => {
  let alive = true;
  const isAlive = () => alive;
  const { store: ownStore, releaseBatch } = mortalStore(store, isAlive);
  const die = () => {
    alive = false;
    releaseBatch();
  };
  const asked = new Map<string, Asked>();
  let trap: { readonly point: FaultPoint; readonly died: PromiseWithResolvers<void> } | undefined;
  const reach = (point: FaultPoint): void => {
    if (trap?.point !== point) return;
    die();
    trap.died.resolve();
    trap = undefined;
    // The decision under way is abandoned.
    if (point.endsWith('before-commit')) throw new Error('the process died');
  };
  const serve = <S extends ServiceName>(name: S): ShopService<S> => ({
    name,
    place: 'outside',
    answer: async ({ orderId, command }) => {
      if (!alive) return never;
      const place = `${orderId} ${toCallName(command)}`;
      const { promise, resolve } = Promise.withResolvers<string>();
      if (left.has(orderId)) resolve(goodAnswer(place));
      else asked.set(place, { answer: resolve });
      const reply = toAnswer(name, command, await promise);
      if (!isReplyFrom(name, reply)) throw new Error(`${reply.type} is no reply of ${name}`);
      return reply;
    },
  });
  const shop = await createOrderchart(settings, {
    services: { warehouse: serve('warehouse'), gateway: serve('gateway'), mailer: serve('mailer') },
    store: ownStore,
    clock: mortalClock(clock, isAlive),
    logger: pino({ level: 'silent' }),
    faults: { reach },
  });
  const url = await shop.api.listen({ host: '127.0.0.1', port: 0 });
  return {
    shop,
    url,
    asked,
    dieAt: (point) => {
      trap = { point, died: Promise.withResolvers<void>() };
      return trap.died.promise;
    },
    end: async () => {
      die();
      shop.api.server.closeAllConnections();
      await shop.api.close();
    },
  };
};

const never = new Promise<never>(() => {});

/** Callbacks of a dead process do not run. */
const mortalClock = (clock: Clock, isAlive: () => boolean): Clock => {
  const ifAlive = (callback: () => void) => () => {
    if (isAlive()) callback();
  };
  return {
    now: () => clock.now(),
    schedule: (callback, delayMs) => clock.schedule(ifAlive(callback), delayMs),
    soon: (callback) => clock.soon(ifAlive(callback)),
  };
};

/** Calls of a dead process have no effect and never return. */
const mortal = <T extends object>(of: T, isAlive: () => boolean): T =>
  new Proxy(of, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (!isAlive()) return never;
        const found: unknown = await Reflect.apply(method, target, given);
        return isAlive() ? found : never;
      };
    },
  });

/** The store of one process, which releases the batch under way when the process dies. */
const mortalStore = (store: Store, isAlive: () => boolean) => {
  let batch: Batch | undefined;
  const open: Store['open'] = async (needs) => {
    batch = await store.open(needs);
    if (!isAlive()) batch.release();
    return mortal(batch, isAlive);
  };
  return { store: mortal({ ...store, open }, isAlive), releaseBatch: () => batch?.release() };
};

const isReplyFrom = <S extends ServiceName>(
  service: S,
  reply: AnyEventObject,
): reply is AnyEventObject & ReplyFrom<S> => reply.type.startsWith(`${service}.`);
