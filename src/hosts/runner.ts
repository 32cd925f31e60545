import { toChartSystem } from '../application.ts';
import { sumOrders } from '../chart-versions.ts';
import { toStepLimits } from '../config.ts';
import { AppError } from '../errors.ts';
import { noFaults } from '../faults.ts';
import type { Host, HostHealth, Recovery } from '../host.ts';
import { registerSystem } from '../step/register.ts';
import type { SystemView } from '../step/view.ts';
import type { Restored } from '../store.ts';
import { afterCommit } from './after-commit.ts';
import { AwaitedAnswers } from './awaited-answers.ts';
import { createCallHistory } from './call-history.ts';
import { Caller } from './caller.ts';
import { Committer } from './committer.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { meetOthers } from './elsewhere.ts';
import type { Engine } from './engine.ts';
import { createHealth } from './health.ts';
import { InFlightOrders } from './in-flight-orders.ts';
import { createIsAwaited } from './is-awaited.ts';
import { JournalFeed } from './journal-feed.ts';
import { KeySweeper } from './key-sweeper.ts';
import { createMigrations } from './migrations.ts';
import { Notifier } from './notifier.ts';
import { createOrderNotes } from './order-notes.ts';
import { requireCharts } from './require-charts.ts';
import type { RunnerParts } from './runner-parts.ts';
import { openGates, type ServiceGates } from './service-gates.ts';
import { viewStored } from './stored-view.ts';
import type { Task } from './task.ts';
import { traceTask } from './traced-task.ts';
import { createTrail } from './trail.ts';
import { createWaiting } from './waiting.ts';

/**
 * Starts a runner over `store` and resumes what the last one left.
 * @throws AppError `chart-unsupported`, `charts-missing` unless LEAVE_UNREADABLE is set, or `invalid-setting` when a
 * service that the charts need is missing.
 */
export const createRunner = async <View extends SystemView>(
  parts: RunnerParts<View>,
): Promise<{ host: Host<View>; recovery: Recovery }> => {
  const { application, services, observer } = parts;
  const missing = Object.keys(application.services).filter((name) => !Object.hasOwn(services, name));
  if (missing.length > 0) {
    throw new AppError('invalid-setting', `No adapter is given for the service ${missing.join(', ')}.`);
  }
  const isObserved = () => observer?.isObserving() === true;
  const system = registerSystem(toChartSystem(application), toStepLimits(parts.settings), isObserved);
  const gates = await openGates(parts);
  const engine = { application, system, services, faults: parts.faults ?? noFaults, postponing: gates };
  const runner = new Runner(parts, engine, gates);
  return { host: runner, recovery: await runner.recover() };
};

const mostOverdue = 10_000;

class Runner<View extends SystemView> implements Host<View> {
  readonly #parts: RunnerParts<View>;
  readonly #engine: Engine<View>;
  readonly #gates: ServiceGates;
  readonly #inFlight: InFlightOrders;
  readonly #committer: Committer<View>;
  readonly #caller: Caller;
  readonly #deadlines: DeadlineTimer;
  readonly #keys: KeySweeper;
  readonly #journal: JournalFeed;
  /** For those who wait until an order is settled or has an incident: they skip the commits between. */
  readonly #settled: Notifier<View>;
  readonly #migrations: Pick<Host, 'migrate' | 'rehearse'>;
  readonly #health: () => Promise<HostHealth>;
  readonly #closing = new AbortController();
  #leaveOthers: () => void = () => {};
  /** Chart versions that the application brings. */
  readonly #versions: readonly string[];

  constructor(parts: RunnerParts<View>, engine: Engine<View>, gates: ServiceGates) {
    const { faults } = engine;
    const owner = parts.ids.next();
    const versions = [...engine.system.versions.keys()];
    this.#parts = parts;
    this.#engine = engine;
    this.#versions = versions;
    this.#inFlight = new InFlightOrders(parts.settings.MAX_CACHED_ORDERS);
    this.#keys = new KeySweeper(parts);
    this.#health = createHealth(parts, versions);
    this.#journal = new JournalFeed({ ...parts, closing: this.#closing.signal });
    this.#settled = new Notifier(parts.clock);
    this.#caller = new Caller({
      ...parts,
      faults,
      system: engine.system,
      owner,
      gates,
      isAwaited: createIsAwaited(engine.system, parts.store),
      reply: (call, message) =>
        this.#run((done) => ({ kind: 'reply', orderId: call.orderId, call, message, done })),
      replyInside: (call) =>
        this.#run((done) => ({ kind: 'answer-inside', orderId: call.orderId, call, done })),
    });
    this.#gates = gates;
    gates.observe((gate) => void this.#caller.noteGate(gate));
    this.services = gates.services;
    this.heldServices = gates.heldServices;
    this.pauseService = gates.pauseService;
    this.resumeService = gates.resumeService;
    this.#deadlines = new DeadlineTimer({
      ...parts,
      faults,
      owner,
      versions,
      isWarm: (orderId) => this.#inFlight.get(orderId) !== undefined,
      fire: (orderId) => this.#run((done) => ({ kind: 'deadline', orderId, done })),
    });
    this.trail = createTrail({ ...parts, engine });
    this.calls = createCallHistory({ ...parts, engine });
    const { addNote, notes } = createOrderNotes(parts);
    this.addNote = addNote;
    this.notes = notes;
    this.#migrations = createMigrations({
      ...parts,
      engine,
      admit: () => this.#admit(),
      run: (task) => this.#run((done) => ({ ...task, done })),
    });
    const awaited = new AwaitedAnswers<View>();
    this.waitUntilSettled = createWaiting({
      ...{ ...parts, engine, awaited, inFlight: this.#inFlight, settled: this.#settled, get: this.get },
      closing: this.#closing.signal,
    });
    const effects = {
      ...{ engine, inFlight: this.#inFlight, caller: this.#caller, deadlines: this.#deadlines },
      ...{ journal: this.#journal, settled: this.#settled, observer: parts.observer },
      ...{ metrics: parts.metrics, logger: parts.logger, tracing: parts.tracing, slos: parts.slos },
    };
    this.#committer = new Committer({
      ...parts,
      engine,
      owner,
      inFlight: this.#inFlight,
      awaited,
      mayCall: () => this.#caller.mayCall(),
      heldServices: () => gates.held().map(({ service }) => service),
      afterCommit: (decided, lease) => afterCommit(effects, decided, lease),
    });
  }

  async recover(): Promise<Recovery> {
    const { store, clock, shared } = this.#parts;
    const { faults } = this.#engine;
    const known = this.#versions;
    faults.reach('recover.before');
    const versions = await requireCharts(this.#parts, known);
    await store.clearUnreadable(known);
    if (shared !== true) await store.returnAllCalls();
    const { pendingCalls, incidents, unreadable } = await store.figures(known);
    const overdue = await store.dueOrders(clock.now(), mostOverdue, known);
    const restored = await this.#takeOver();
    faults.reach('recover.after');
    const [journal, settled, caller] = [this.#journal, this.#settled, this.#caller];
    const met = { ...this.#parts, versions: known, journal, settled, caller, gates: this.#gates };
    this.#leaveOthers = await meetOthers(met);
    void this.#deadlines.fireDue();
    void this.#caller.poll();
    void this.#keys.sweep();
    return {
      resumed: pendingCalls,
      overdue: overdue.length,
      incidents: incidents + sumOrders(unreadable),
      versions,
      ...(restored && { restored }),
    };
  }

  /** The first start on a copy says so, once: what was called in it is answered as unknown (caller.ts). */
  async #takeOver(): Promise<Restored | undefined> {
    const { store, logger } = this.#parts;
    const restored = await store.restored();
    if (restored === undefined) return undefined;
    const text = 'the store is a copy that was restored: calls that were pending in it count as unanswered';
    logger.warn({ ...restored }, text);
    await store.noteResumed();
    return restored;
  }

  noteConnection: Host['noteConnection'] = () => this.#committer.noteConnection();

  acceptsWrites: Host['acceptsWrites'] = () => this.#committer.acceptsWrites();

  place: Host<View>['place'] = async (placement, idempotency) => {
    this.#engine.faults.reach('accept.received');
    this.#admit();
    const { orderId } = placement;
    const messageId = this.#parts.ids.next();
    return this.#run((done) => ({ kind: 'place', orderId, placement, messageId, idempotency, done }));
  };

  send: Host<View>['send'] = async (sending) => {
    this.#engine.faults.reach(sending.otherwise === 'refuse' ? 'move.received' : 'fact.received');
    this.#admit();
    const { orderId } = sending;
    const messageId = sending.messageId ?? this.#parts.ids.next();
    return this.#run((done) => ({ kind: 'send', orderId, sending, messageId, done }));
  };

  migrate: Host['migrate'] = (migration) => this.#migrations.migrate(migration);

  rehearse: Host['rehearse'] = (...asked) => this.#migrations.rehearse(...asked);

  get: Host<View>['get'] = async (orderId) => {
    const stored = (await this.#parts.store.load([orderId])).get(orderId);
    return stored && viewStored(this.#engine, stored);
  };

  list: Host<View>['list'] = async (filter) =>
    (await this.#parts.store.list({ ...filter, knownVersions: this.#versions })).map((stored) =>
      viewStored(this.#engine, stored),
    );

  history: Host['history'] = (orderId, after, limit) => this.#parts.store.events({ orderId, after, limit });

  received: Host['received'] = (orderId, after, limit) => this.#parts.store.received(orderId, after, limit);

  trail: Host<View>['trail'];

  calls: Host['calls'];

  services: Host['services'];

  heldServices: Host['heldServices'];

  pauseService: Host['pauseService'];

  resumeService: Host['resumeService'];

  addNote: Host['addNote'];

  notes: Host['notes'];

  events: Host['events'] = (filter) => this.#parts.store.events(filter);

  lastPosition: Host['lastPosition'] = () => this.#parts.store.lastPosition();

  epochs: Host['epochs'] = () => this.#parts.store.epochs();

  recall: Host['recall'] = (scope, key) => this.#parts.store.idempotencyRecord(scope, key);

  amend: Host['amend'] = (scope, key, answer) =>
    this.#parts.store.updateIdempotencyAnswer(scope, key, answer);

  watch: Host['watch'] = (watching) => this.#journal.watch(watching);

  waitUntilSettled: Host<View>['waitUntilSettled'];

  health: Host['health'] = async () => {
    if (this.#closing.signal.aborted) return { ready: false, reason: 'the service is closing' };
    return this.#health();
  };

  nodes: Host['nodes'] = () => this.#parts.store.nodes(this.#parts.clock.now());

  close: Host['close'] = async () => {
    if (this.#closing.signal.aborted) return;
    const { faults } = this.#engine;
    this.#closing.abort();
    this.#leaveOthers();
    faults.reach('drain.before');
    this.#settled.notifyAll();
    await this.#deadlines.stop();
    await this.#committer.idle();
    await this.#caller.stop(this.#parts.settings.DRAIN_MS);
    await this.#committer.idle();
    await this.#keys.stop();
    faults.reach('drain.after');
  };

  /** @throws AppError when new messages from outside are not accepted now. */
  #admit(): void {
    if (this.#closing.signal.aborted) {
      throw new AppError('closing', 'The service is closing; try again in a moment, or at another node.');
    }
    if (this.#committer.hasRoom()) return;
    throw new AppError('overloaded', 'Too many messages wait for their commit; try again in a moment.');
  }

  #run<T>(toTask: (done: PromiseWithResolvers<T>) => Task<View>): Promise<T> {
    const done = Promise.withResolvers<T>();
    const { tracing } = this.#parts;
    const task = toTask(done);
    this.#committer.add(tracing ? traceTask(tracing, task) : task);
    return done.promise;
  }
}
