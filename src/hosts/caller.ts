// Makes the calls that commits decided on: after the commit, at least once, never more than so many at a
// time, each with a deadline. Calls are rows with a lease, so one that was lost in a crash is found and
// made again with the same idempotency key; how often, and whether at all, is the charts' business.
import type { AnyEventObject } from 'xstate';
import type { Lease } from '../call-claims.ts';
import { makeWithinMs } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import {
  type CallRules,
  callService,
  type OutsideService,
  type Services,
  serviceOf,
  toNoAnswer,
  toUnknownOutcome,
} from '../service.ts';
import { toService } from '../step/translate.ts';
import type { Call } from '../store.ts';
import type { Tracing } from '../tracing.ts';
import { CallClaims, type ClaimingHost } from './call-claims.ts';
import { judgeCall, type NotedFailure } from './call-outcome.ts';
import type { ServiceGate } from './service-gate.ts';

export interface CallerParts extends ClaimingHost {
  readonly application: CallRules;
  readonly services: Services;
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
  /** Whether the order still waits for a call, with a deadline that was postponed for it. */
  isAwaited(call: Call): Promise<boolean>;
  /** Takes a reply to its order. Resolves after the commit. */
  reply(call: Call, message: AnyEventObject): Promise<void>;
  /** Answers a call to a service that lives in the store, inside a commit. */
  replyInside(call: Call): Promise<void>;
}

export class Caller {
  readonly #parts: CallerParts;
  readonly #claims: CallClaims;
  #isStopping = false;
  /** One for each call: a signal that all share would be searched through by each that ends. */
  readonly #abandoning = new Set<AbortController>();
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Leased to us, waiting for a free place. */
  readonly #waiting = new Map<string, Call>();
  /** Taken over from another host, or decided by an earlier commit: they may have been made. */
  readonly #takenOver = new Set<string>();
  /** Services and orders that a call is under way for. */
  readonly #underWay = new Set<string>();
  #cancelPoll: (() => void) | undefined;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#claims = new CallClaims({
      ...parts,
      freePlaces: () => this.#freePlaces(),
      waitingFor: (service) => this.#waitingFor(service).length,
      take: (calls) => {
        this.#takeOver(calls);
        this.#make(calls);
      },
    });
  }

  /** Whether a call that is decided now can be made at once. Older ones that wait in the store come first. */
  mayCall(): boolean {
    return !this.#claims.hasBacklog && this.#waiting.size === 0 && this.#freePlaces() > 0;
  }

  /**
   * Calls were committed: ours to make at once when they are leased to us, otherwise for any host to claim. Those that are
   * `earlier` may have been made before.
   */
  noteCommitted(calls: readonly Call[], { until, except = [] }: Lease, earlier: readonly Call[]): void {
    const isFree = ({ service }: Call): boolean => !except.includes(service);
    const isOurs = (call: Call): boolean => until > 0 && isFree(call);
    this.#takeOver(earlier.filter(isOurs));
    this.#make(calls.filter(isOurs));
    if (until === 0 && calls.some(isFree)) this.#claims.noteBacklog();
  }

  /** Another node decided calls that any may make. */
  noteFreeCalls(): void {
    if (!this.#isStopping) this.#claims.noteBacklog();
  }

  /** Calls that are no longer to be made, if they were not made yet: a migration dropped them, or wrote them again. */
  forget(callIds: readonly string[]): void {
    for (const callId of callIds) this.#waiting.delete(callId);
  }

  /** A service is called again, or not any more: then calls that wait here are given back. */
  async noteGate({ service, held }: ServiceGate): Promise<void> {
    if (held === undefined || held.state === 'resuming') return this.#claims.claim();
    const callIds = this.#waitingFor(service).map(({ callId }) => callId);
    this.forget(callIds);
    for (const callId of callIds) this.#takenOver.delete(callId);
    await this.#giveBack(callIds);
  }

  /** Looks for calls whose lease has ended, now and at every poll. */
  async poll(): Promise<void> {
    if (this.#isStopping) return;
    await this.#claims.claim();
    this.#cancelPoll?.();
    if (this.#isStopping) return;
    this.#cancelPoll = this.#parts.clock.schedule(() => this.poll(), this.#parts.settings.POLL_MS);
  }

  /** Lets running calls finish for `graceMs`, then gives the others back. */
  async stop(graceMs: number): Promise<void> {
    this.#cancelPoll?.();
    const { clock } = this.#parts;
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    const cancelGrace = clock.schedule(() => this.#abandon(), graceMs);
    await Promise.all(this.#inFlight.values());
    cancelGrace();
    this.#abandon();
    await this.#giveBack(waiting);
  }

  async #giveBack(callIds: readonly string[]): Promise<void> {
    const { store, owner, logger } = this.#parts;
    try {
      await store.returnCalls(owner, callIds);
    } catch (error) {
      // Their leases end by themselves.
      logger.error({ error: describeError(error) }, 'calls cannot be given back');
    }
  }

  #abandon(): void {
    this.#isStopping = true;
    this.#claims.stop();
    for (const each of this.#abandoning) each.abort();
  }

  /** A call of ours whose lease ended while it waits, or while its reply is committed, is still under way. */
  #make(calls: readonly Call[]): void {
    for (const call of calls) if (!this.#inFlight.has(call.callId)) this.#waiting.set(call.callId, call);
    this.#next();
  }

  #waitingFor(service: string): readonly Call[] {
    return [...this.#waiting.values()].filter((call) => call.service === service);
  }

  #freePlaces(): number {
    return this.#parts.settings.MAX_CALLS_IN_FLIGHT - this.#inFlight.size - this.#waiting.size;
  }

  #takeOver(calls: readonly Call[]): void {
    for (const { callId } of calls) if (!this.#inFlight.has(callId)) this.#takenOver.add(callId);
  }

  #next(): void {
    for (const [callId, call] of this.#waiting) {
      if (this.#inFlight.size >= this.#parts.settings.MAX_CALLS_IN_FLIGHT) break;
      if (this.#mustWait(call)) continue;
      this.#waiting.delete(callId);
      this.#inFlight.set(callId, this.#run(call));
    }
    this.#parts.metrics.callsInFlight.set(this.#inFlight.size);
  }

  /** What waited for a service leaves in the order in which it was decided: a look-up must not overtake its charge. */
  #mustWait({ service, orderId }: Call): boolean {
    if (this.#parts.gates.gateOf(service)?.held === undefined) return false;
    return this.#underWay.has(`${service}/${orderId}`);
  }

  async #run(call: Call): Promise<void> {
    const place = `${call.service}/${call.orderId}`;
    this.#underWay.add(place);
    try {
      await this.#answer(call);
    } catch (error) {
      // The row stays; when its lease ends the call is made again with the same key.
      const { orderId, callId } = call;
      this.#parts.logger.error(
        { orderId, callId, error: describeError(error) },
        'a reply could not be recorded',
      );
    }
    this.#inFlight.delete(call.callId);
    this.#takenOver.delete(call.callId);
    this.#underWay.delete(place);
    this.#next();
    if (this.#waiting.size === 0 && !this.#isStopping) await this.#claims.refill(call.service);
  }

  async #answer(call: Call): Promise<void> {
    const { application, system, services, clock, metrics, store, owner, faults } = this.#parts;
    const service = serviceOf(services, call.service);
    if (service.place === 'inside') return this.#parts.replyInside(call);
    const asked = toService(system, call);
    const { type } = asked.command;
    if (Number(asked.command['attempt']) > 1) metrics.retries.inc({ command: type });
    if (call.isDoubtful) return this.#parts.reply(call, toNoAnswer(application, asked));
    const { startedAt, message } = await this.#ask(service, call, asked);
    if (message === undefined) return store.returnCalls(owner, [call.callId]);
    faults.reach('call.after-reply', type);
    const isRepeated = this.#takenOver.has(call.callId);
    const reply = isRepeated ? toUnknownOutcome(application, asked, message) : message;
    metrics.calls.inc({ command: type, reply: reply.type });
    metrics.callSeconds.observe({ command: type }, (clock.now() - startedAt) / 1000);
    return this.#parts.reply(call, reply);
  }

  async #ask(service: OutsideService, call: Call, asked: Call) {
    const { application, clock, settings, faults, gates } = this.#parts;
    const withinMs = await this.#toMakeWithinMs(call);
    const startedAt = clock.now();
    const passage = gates.gateOf(call.service)?.begin();
    const { type } = asked.command;
    faults.reach('call.before', type);
    const abandoning = new AbortController();
    if (this.#isStopping) abandoning.abort();
    this.#abandoning.add(abandoning);
    let noted: NotedFailure | undefined;
    const message = await callService(application, service, asked, {
      clock,
      timeoutMs: settings.CALL_TIMEOUT_MS,
      makeWithinMs: withinMs,
      signal: abandoning.signal,
      traced: this.#parts.tracing?.startCall(asked),
      onError: (error) => this.#logFailure(call, error),
      onFailure: (failure, why) => {
        noted = { failure, why };
      },
    });
    this.#abandoning.delete(abandoning);
    const judged = message && judgeCall(application, call.service, message, noted);
    const about = { orderId: call.orderId, command: type, ms: clock.now() - startedAt };
    await passage?.end(judged && { ...about, ...judged });
    return { startedAt, message };
  }

  /** The time for which its service was held makes a call no older, if its order has waited for it. */
  async #toMakeWithinMs(call: Call): Promise<number> {
    const { clock, settings, gates, isAwaited } = this.#parts;
    const usual = makeWithinMs(settings);
    if (clock.now() - call.at <= usual) return usual;
    const heldMs = gates.heldMs(call);
    return heldMs > 0 && (await isAwaited(call)) ? usual + heldMs : usual;
  }

  /** The kind of error alone: what a provider writes into its errors may be personal. */
  #logFailure({ orderId, callId, command }: Call, error: unknown): void {
    const kind = error instanceof Error ? error.name : typeof error;
    this.#parts.logger.warn({ orderId, callId, command: command.type, kind }, 'a service threw an error');
  }
}
