// One host for tests of an application: the production host on a virtual clock, over a store in memory unless another is
// given, with nothing going wrong but what a test plans. Time passes only when the test says so.
import type { Application } from '../application.ts';
import type { Clock } from '../clock.ts';
import { readSettings, type Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import type { FaultPoint } from '../faults.ts';
import type { Host, Placement, Receipt, Sending, SystemView } from '../host.ts';
import type { OutsideService, Service, Services } from '../service.ts';
import type { Store } from '../store.ts';
import { type CrashPlan, CrashSignal } from './crashes.ts';
import { type FaultRates, noFaults } from './fault-rates.ts';
import { createMonitor } from './monitor.ts';
import { createNetwork } from './network.ts';
import type { Node } from './node.ts';
import { createNodes, type StartHost } from './nodes.ts';
import { isAtRest } from './outcome.ts';
import type { Process } from './process.ts';
import { createRandom, type SeededRandom } from './random.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** A sending whose message the chart must take, unless it says otherwise. */
export type TestSending = Omit<Sending, 'otherwise' | 'idempotency'> & Partial<Pick<Sending, 'otherwise'>>;

export interface TestHost<View extends SystemView = SystemView> {
  /** The virtual clock: it stands still between the calls of this host. */
  readonly clock: Clock;
  readonly store: Store;
  /** Places an order, and returns its view after the commit. An order that is stored already is not placed again. */
  place(placement: Placement): Promise<View>;
  /**
   * Sends a message to one actor, and returns the receipt after the commit.
   * @throws AppError `move-not-allowed` when its chart does not take it; see `Host.send`.
   */
  send(sending: TestSending): Promise<Receipt<View>>;
  /** Lets time pass: what becomes due happens in its order. */
  advance(milliseconds: number): Promise<void>;
  /** Lets everything happen that needs no time: commits, calls and their answers. */
  untilIdle(): Promise<void>;
  /** Lets time pass until every order is settled, at most `withinMs` (a year). Returns whether they are. */
  untilSettled(withinMs?: number): Promise<boolean>;
  /** @throws AppError `order-not-found`. */
  view(orderId: string): Promise<View>;
  /** Asks anything else of the host, as `place` and `send` do: again, if it crashes before it answers. */
  ask<T>(request: (host: Host<View>) => Promise<T>): Promise<T>;
  /** Stops the host in order. It can be started again over the same store by asking it something. */
  stop(): Promise<void>;
  /** Ends the host as a killed process ends: it starts again over the same store. */
  crash(): Promise<void>;
  /** What no run may show: gaps between an order's messages, an order that nothing will wake, a start that failed. */
  readonly violations: readonly string[];
}

export interface TestHostOptions {
  /** Adapters of the services; a function gets the virtual clock. They answer at once, or after time on that clock. */
  readonly services: Services | ((clock: Clock) => Services);
  readonly settings?: Partial<Settings>;
  /** Left out: a new store in memory. */
  readonly store?: Store;
  /** When it is (ms since 1970). Left out: 2026-01-01. */
  readonly start?: number;
}

export interface TestHostParts {
  readonly startHost: StartHost;
  readonly openStore: () => Store;
  /** Calls back when every promise has settled that can settle without further time. */
  readonly rest: (callback: () => void) => void;
}

const oneDay = 86_400_000;
/** A host answers within this time unless a service in the store waits for ever; more means a fault of the test. */
const mostAnswerMs = 60_000;
/** Without other hosts nothing is left by others, so it need not be looked for. */
const quiet = { LOG_LEVEL: 'silent', POLL_MS: oneDay };
const noCrashes: CrashPlan = { crashesAt: () => false };

/** Nothing is left to chance but ids; what is due at the same moment happens in the order in which it was asked for. */
const createOrder = (): SeededRandom => {
  let drawn = 0;
  return {
    ...createRandom('testing', 'ids'),
    fraction: () => {
      drawn += 1;
      return drawn;
    },
    happens: () => false,
    between: (least) => least,
    delay: () => 0,
  };
};

export const openTestHost = async <View extends SystemView>(
  application: Application<View>,
  options: TestHostOptions,
  parts: TestHostParts,
  plan: CrashPlan = noCrashes,
): Promise<TestHost<View>> => {
  const { start = Date.UTC(2026, 0, 1), store = parts.openStore() } = options;
  const random = createOrder();
  const timeline = createTimeline(start, random, parts.rest);
  let crashes = 0;
  const noteCrash = () => {
    crashes += 1;
  };
  const extension = { noteOrder: () => {}, noteBatch: async () => {}, noteCrash };
  const monitor = createMonitor(timeline.now, extension, undefined);
  const rates: FaultRates = { ...noFaults };
  const clock = toClock(timeline);
  const services = typeof options.services === 'function' ? options.services(clock) : options.services;
  let failure: unknown;
  const [node] = createNodes<View, Host<View>>({
    ...{
      count: 1,
      applicationFor: () => application,
      store,
      rates,
      mostSkewMs: 0,
      plan,
      timeline,
      monitor,
      random,
    },
    network: createNetwork(timeline, random, rates, 0),
    settings: { ...readSettings(quiet), ...options.settings },
    startHost: (given) =>
      parts.startHost(given).catch((error: unknown) => {
        if (!(error instanceof CrashSignal)) failure = error;
        throw error;
      }),
    servicesFor: (process) => toReachedServices(services, process),
    toHost: (host) => host,
    onStart: async () => {},
    outageUntil: () => 0,
  });
  if (node === undefined) throw new Error('there is no node');
  const client = createClient(node, timeline, {
    crashes: () => crashes,
    failure: () => failure,
  });
  await client.start();
  const isSettled = () => [...monitor.orders()].every(([, order]) => isAtRest(order));
  return { ...toTestHost(client, timeline, isSettled), clock, store, violations: monitor.violations };
};

/** How a node is asked: again, when it crashes before it answers, as a client does. */
interface Client<View extends SystemView> {
  start(): Promise<void>;
  ask<T>(request: (host: Host<View>) => Promise<T>, answered?: FaultPoint): Promise<T>;
  stop(): Promise<void>;
  crash(): Promise<void>;
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

const createClient = <View extends SystemView>(
  node: Node<Host<View>>,
  timeline: Timeline,
  seen: { crashes(): number; failure(): unknown },
): Client<View> => {
  const run = (isOver: () => boolean) => timeline.run(isOver, timeline.now() + mostAnswerMs);
  const start = async () => {
    node.start();
    await run(() => node.isUp || seen.failure() !== undefined);
    const failure = seen.failure();
    if (failure !== undefined) throw failure;
    if (!node.isUp)
      throw new Error('the host does not start: does a service wait for something outside its clock?');
  };
  return {
    start,
    ask: async <T>(request: (host: Host<View>) => Promise<T>, answered?: FaultPoint): Promise<T> => {
      for (;;) {
        if (!node.isUp) await start();
        const before = seen.crashes();
        let settled: Settled<T> | undefined;
        node.ask(request, answered).then(
          (value) => {
            settled = { value };
          },
          (error: unknown) => {
            settled = { error };
          },
        );
        await run(() => settled !== undefined || seen.crashes() > before);
        const outcome: Settled<T> | undefined = settled;
        if (outcome === undefined && seen.crashes() > before) continue;
        if (outcome === undefined)
          throw new Error(`the host did not answer within ${mostAnswerMs} ms of its clock`);
        if ('error' in outcome) throw outcome.error;
        return outcome.value;
      }
    },
    stop: async () => {
      node.stop();
      await run(() => !node.isUp);
      await timeline.run(() => false, timeline.now());
    },
    crash: async () => {
      node.kill();
      await start();
    },
  };
};

const toTestHost = <View extends SystemView>(
  { ask, stop, crash }: Client<View>,
  timeline: Timeline,
  isSettled: () => boolean,
): Omit<TestHost<View>, 'clock' | 'store' | 'violations'> => {
  let sent = 0;
  const untilIdle = () => timeline.run(() => false, timeline.now());
  const find = (orderId: string) => ask((host) => host.get(orderId));
  const view = async (orderId: string): Promise<View> => {
    const found = await find(orderId);
    if (found) return found;
    throw new AppError('order-not-found', `There is no order ${orderId}: place it first.`);
  };
  return {
    place: async (placement) => {
      await ask(async (host) => {
        if ((await host.get(placement.orderId)) === undefined) await host.place(placement);
      }, 'accept.answered');
      return view(placement.orderId);
    },
    send: async (sending) => {
      sent += 1;
      const whole = { otherwise: 'refuse', messageId: `test-${sent}`, ...sending } as const;
      const answered = whole.otherwise === 'refuse' ? 'move.answered' : 'fact.answered';
      const outcome = await ask((host) => host.send(whole), answered);
      if (outcome.outcome === 'done') return outcome.result;
      throw new Error('a message without an idempotency key was replayed');
    },
    advance: async (milliseconds) => {
      if (!(milliseconds >= 0)) {
        throw new AppError('invalid-request', `Time cannot pass by ${milliseconds} ms: give 0 or more.`);
      }
      const until = timeline.now() + milliseconds;
      timeline.after(milliseconds, () => {});
      await timeline.run(() => false, until);
    },
    untilSettled: async (withinMs = 365 * oneDay) => {
      await timeline.run(isSettled, timeline.now() + withinMs);
      await untilIdle();
      return isSettled();
    },
    ...{ view, ask, stop, crash, untilIdle },
  };
};

const toClock = (timeline: Timeline): Clock => ({
  now: timeline.now,
  schedule: (callback, delayMs) => timeline.after(delayMs, callback),
  soon: (callback) => {
    timeline.after(0, callback);
  },
});

/** The same services, which reach the commit point behind their effect, and whose answers no ended process gets. */
const toReachedServices = (services: Services, process: Process): Services =>
  Object.fromEntries(
    Object.entries(services).map(([name, service]): [string, Service] => {
      if (service.place === 'inside') return [name, service];
      const answer: OutsideService['answer'] = (call) =>
        process.receive(async () => {
          const reply = await service.answer(call);
          process.reachElsewhere('call.after-effect', call.command.type);
          return reply;
        });
      const { keyLifetimeMs } = service;
      return [
        name,
        { name, place: 'outside', answer, ...(keyLifetimeMs !== undefined && { keyLifetimeMs }) },
      ];
    }),
  );
