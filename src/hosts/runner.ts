// How the promise of host.ts is kept: messages go through the committer, which steps and writes them; only
// after the commit are calls made (caller), deadlines set (alarm), readers woken and the asker answered. It
// holds no truth of its own: whatever it forgets, it finds again in the store.
import type { Logger } from 'pino';
import { orderSystem } from '../../machines/system.ts';
import type { Clock, Ids } from '../clock.ts';
import { limits, type Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { type Faults, noFaults } from '../faults.ts';
import type { Host, Onlooker } from '../host.ts';
import type { Metrics } from '../metrics.ts';
import type { Services } from '../service.ts';
import { type ChartSystem, type RegisteredSystem, registerSystem } from '../step/register.ts';
import { fromStored } from '../step/snapshot.ts';
import {
  hasIncident,
  isSettled,
  type OrderView,
  toStoppedView,
  toUnreadableView,
  toView,
} from '../step/view.ts';
import type { JournalEvent, Store, StoredOrder } from '../store.ts';
import { Alarm } from './alarm.ts';
import { Caller } from './caller.ts';
import { type CommitListener, Committer } from './committer.ts';
import { report } from './report.ts';
import { SignalBoard } from './signal-board.ts';
import { deliverWork, dueWork, insideCallWork, placeWork, replyWork } from './work.ts';

export interface RunnerParts {
  readonly store: Store;
  readonly services: Services;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Charts to run instead of the shipped ones. They need an `order` actor that takes `order.place`. */
  readonly charts?: ChartSystem;
  /** Told at every commit point. Left out: nobody. */
  readonly faults?: Faults;
  /** Who looks on as this host commits. Left out: nobody. */
  readonly onlooker?: Onlooker;
  /**
   * Other hosts are at work over the same store: their calls are left alone until their leases end. Left
   * out: no other process has the store open.
   */
  readonly shared?: boolean;
}

/** What a start found: calls to make again, deadlines that fell due meanwhile, orders that wait for a person. */
export interface Recovery {
  readonly resumed: number;
  readonly overdue: number;
  readonly parked: number;
}

/**
 * Starts a runner over `store` and takes up what was left of the last one.
 * @throws AppError `chart-unsupported`.
 */
export const createRunner = async (parts: RunnerParts): Promise<{ host: Host; recovery: Recovery }> => {
  const system = registerSystem(parts.charts ?? orderSystem, limits, parts.onlooker?.isLooking);
  const runner = new Runner(parts, system);
  return { host: runner, recovery: await runner.recover() };
};

const everything = 'everything';
const mostOverdue = 10_000;

class Runner implements Host {
  readonly #parts: RunnerParts & { readonly faults: Faults };
  readonly #system: RegisteredSystem;
  readonly #committer: Committer;
  readonly #caller: Caller;
  readonly #alarm: Alarm;
  readonly #board: SignalBoard;
  /** For those who wait until an order is settled or parked: they need not look at what lies between. */
  readonly #rests: SignalBoard<OrderView>;
  readonly #closing = new AbortController();

  constructor(given: RunnerParts, system: RegisteredSystem) {
    const parts = { ...given, faults: given.faults ?? noFaults };
    const owner = parts.ids.next();
    this.#parts = parts;
    this.#system = system;
    this.#board = new SignalBoard(parts.clock);
    this.#rests = new SignalBoard(parts.clock);
    this.#caller = new Caller({
      ...parts,
      owner,
      reply: (call, message) => this.#run((done) => replyWork(call, message, done)),
      replyInside: (call) => this.#run((done) => insideCallWork(parts.services, call, done)),
    });
    this.#alarm = new Alarm({ ...parts, ring: (orderId) => this.#run((done) => dueWork(orderId, done)) });
    this.#committer = new Committer({
      ...parts,
      system,
      owner,
      mayCall: () => this.#caller.mayCall(),
      onCommit: (committed) => this.#onCommit(committed),
    });
  }

  async recover(): Promise<Recovery> {
    const { store, clock, faults, shared } = this.#parts;
    faults.reach('recover.before');
    await store.clearUnreadable();
    if (shared !== true) await store.returnAllCalls();
    const { pendingCalls, incidents } = await store.figures();
    const overdue = await store.dueOrders(clock.now(), mostOverdue);
    faults.reach('recover.after');
    void this.#alarm.ring();
    void this.#caller.poll();
    return { resumed: pendingCalls, overdue: overdue.length, parked: incidents };
  }

  knock: Host['knock'] = () => this.#committer.knock();

  isPrompt: Host['isPrompt'] = () => this.#committer.isPrompt();

  place: Host['place'] = async (placement, idempotency) => {
    this.#parts.faults.reach('accept.received');
    this.#admit();
    const orderId = placement.orderId ?? this.#parts.ids.next();
    return this.#run((done) => placeWork({ ...this.#parts, orderId, placement, idempotency }, done));
  };

  send: Host['send'] = async (delivery) => {
    this.#parts.faults.reach(delivery.otherwise === 'refuse' ? 'move.received' : 'fact.received');
    this.#admit();
    const messageId = delivery.messageId ?? this.#parts.ids.next();
    return this.#run((done) => deliverWork({ ...delivery, messageId }, done));
  };

  get: Host['get'] = async (orderId) => {
    const stored = (await this.#parts.store.load([orderId])).get(orderId);
    return stored && this.#toView(stored);
  };

  list: Host['list'] = async (filter) =>
    (await this.#parts.store.list(filter)).map((stored) => this.#toView(stored));

  history: Host['history'] = (orderId, after, limit) => this.#parts.store.events({ orderId, after, limit });

  received: Host['received'] = (orderId, after, limit) => this.#parts.store.received(orderId, after, limit);

  events: Host['events'] = (filter) => this.#parts.store.events(filter);

  lastPosition: Host['lastPosition'] = () => this.#parts.store.lastPosition();

  recall: Host['recall'] = (scope, key) => this.#parts.store.idempotencyRecord(scope, key);

  amend: Host['amend'] = (scope, key, status, body) =>
    this.#parts.store.updateIdempotencyAnswer(scope, key, status, body);

  async *watch({ signal, ...watching }: Parameters<Host['watch']>[0]): AsyncGenerator<JournalEvent> {
    const { store, settings } = this.#parts;
    const ends = AbortSignal.any([signal, this.#closing.signal]);
    let { after } = watching;
    while (!ends.aborted) {
      // Waiting starts before reading, so that no commit falls in between.
      const news = this.#board.wait(watching.orderId ?? everything, settings.POLL_MS, ends);
      const last = await store.lastPosition();
      const events = await store.events({ ...watching, after, limit: limits.page });
      for (const event of events) {
        if (ends.aborted) return;
        yield event;
        after = event.position;
      }
      if (events.length === limits.page) continue;
      // Nothing that is wanted lies before `last`: it need not be looked through again.
      after = Math.max(after, last);
      await news;
    }
  }

  waitUntilSettled: Host['waitUntilSettled'] = async (orderId, withinMs, signal) => {
    const { clock, settings, shared } = this.#parts;
    const until = clock.now() + withinMs;
    // Of what another host commits nobody here hears.
    const lookEveryMs = shared === true ? settings.POLL_MS : limits.lookMs;
    // What moves here is not at rest yet, and need not be read to see that.
    let mustLook = !this.#committer.isMoving(orderId);
    for (;;) {
      const left = until - clock.now();
      if (left <= 0 || this.#closing.signal.aborted || signal?.aborted) return this.get(orderId);
      const rest = this.#rests.wait(orderId, Math.min(left, lookEveryMs), signal);
      if (mustLook) {
        const view = await this.get(orderId);
        if (view === undefined || view.settled || view.incidents.length > 0) return view;
      }
      const atRest = await rest;
      if (atRest !== undefined) return atRest;
      mustLook = true;
    }
  };

  health: Host['health'] = async () => {
    if (this.#closing.signal.aborted) return { ready: false, reason: 'the service is closing' };
    try {
      await this.#parts.store.check();
      return { ready: true, reason: null };
    } catch {
      return { ready: false, reason: 'the store cannot write' };
    }
  };

  close: Host['close'] = async () => {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#parts.faults.reach('drain.before');
    this.#board.raiseAll();
    this.#rests.raiseAll();
    await this.#alarm.stop();
    await this.#committer.idle();
    await this.#caller.stop(this.#parts.settings.DRAIN_MS);
    await this.#committer.idle();
    this.#parts.faults.reach('drain.after');
  };

  /** @throws AppError where new messages from outside are not taken now. */
  #admit(): void {
    if (this.#closing.signal.aborted) throw new AppError('closing', 'The service is closing; try another.');
    if (this.#committer.hasRoom()) return;
    throw new AppError('overloaded', 'Too many messages wait for their commit; try again in a moment.');
  }

  #run<T>(toWork: (done: PromiseWithResolvers<T>) => Parameters<Committer['add']>[0]): Promise<T> {
    const done = Promise.withResolvers<T>();
    this.#committer.add(toWork(done));
    return done.promise;
  }

  #onCommit({ orderId, session, leasedUntil }: Parameters<CommitListener>[0]): void {
    const state = session.state();
    const calls = session.calls();
    if (leasedUntil > 0) this.#caller.make(calls);
    else if (calls.length > 0) this.#caller.noteBacklog();
    this.#alarm.set(session.wakeAt());
    this.#board.raise(orderId);
    this.#board.raise(everything);
    report(this.#parts, session);
    if (this.#system.isWatched())
      this.#parts.onlooker?.note({ orderId, at: session.at, state, passed: session.passed() });
    const isParked = hasIncident(state);
    const isAtRest = isSettled(state);
    if ((isAtRest || isParked) && this.#rests.isAwaited(orderId)) {
      this.#rests.raise(orderId, toView(orderId, this.#system.version, state));
    }
    if (isAtRest && !isParked) {
      this.#parts.logger.debug({ orderId, correlationId: state.correlationId }, 'order settled');
    }
  }

  #toView(stored: StoredOrder): OrderView {
    try {
      const view = toView(stored.orderId, this.#system.version, fromStored(this.#system, stored.system));
      return stored.unreadable === undefined ? view : toStoppedView(view, stored.unreadable);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return toUnreadableView(stored.orderId, stored.version, error.message);
    }
  }
}
