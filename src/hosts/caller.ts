// Makes the calls that commits decided on: after the commit, at least once, never more than so many at a
// time, each with a deadline. Calls are rows with a lease, so one that was lost in a crash is found and
// made again with the same idempotency key; how often, and whether at all, is the charts' business.
import type { Logger } from 'pino';
import type { AnyEventObject } from 'xstate';
import type { Clock } from '../clock.ts';
import { leaseMs, makeWithinMs, type Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Faults } from '../faults.ts';
import type { Metrics } from '../metrics.ts';
import {
  type CallRules,
  callService,
  type Services,
  serviceOf,
  toNoAnswer,
  toUnknownOutcome,
} from '../service.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { toService } from '../step/translate.ts';
import type { Call, Store } from '../store.ts';
import type { Tracing } from '../tracing.ts';

export interface CallerParts {
  readonly system: RegisteredSystem;
  readonly store: Store;
  readonly application: CallRules;
  readonly services: Services;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly faults: Faults;
  readonly tracing?: Tracing;
  readonly owner: string;
  /** Takes a reply to its order. Resolves after the commit. */
  reply(call: Call, message: AnyEventObject): Promise<void>;
  /** Answers a call to a service that lives in the store, inside a commit. */
  replyInside(call: Call): Promise<void>;
}

export class Caller {
  readonly #parts: CallerParts;
  #isStopping = false;
  /** One for each call: a signal that all share would be searched through by each that ends. */
  readonly #abandoning = new Set<AbortController>();
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Leased to us, waiting for a free place. */
  readonly #waiting = new Map<string, Call>();
  /** Taken over from another host, or decided by an earlier commit: they may have been made. */
  readonly #takenOver = new Set<string>();
  /** There may be calls in the store without a lease. */
  #backlog = false;
  #cancelPoll: (() => void) | undefined;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** Whether a call that is decided now can be made at once. */
  mayCall(): boolean {
    return this.#waiting.size === 0 && this.#inFlight.size < this.#parts.settings.MAX_CALLS_IN_FLIGHT;
  }

  /**
   * Calls were committed: ours to make at once when they are leased to us, otherwise for any host to claim. Those that are
   * `earlier` may have been made before.
   */
  noteCommitted(calls: readonly Call[], isLeased: boolean, earlier: readonly Call[]): void {
    if (isLeased) this.#takeOver(earlier);
    if (isLeased) this.#make(calls);
    else if (calls.length > 0) this.#backlog = true;
  }

  /** Calls that are no longer to be made, if they were not made yet: a migration dropped them, or wrote them again. */
  forget(callIds: readonly string[]): void {
    for (const callId of callIds) this.#waiting.delete(callId);
  }

  /** Looks for calls whose lease has ended, now and at every poll. */
  async poll(): Promise<void> {
    if (this.#isStopping) return;
    await this.#claim();
    this.#cancelPoll?.();
    if (this.#isStopping) return;
    this.#cancelPoll = this.#parts.clock.schedule(() => this.poll(), this.#parts.settings.POLL_MS);
  }

  /** Lets running calls finish for `graceMs`, then gives the others back. */
  async stop(graceMs: number): Promise<void> {
    this.#cancelPoll?.();
    const { clock, store, owner } = this.#parts;
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    const cancelGrace = clock.schedule(() => this.#abandon(), graceMs);
    await Promise.all(this.#inFlight.values());
    cancelGrace();
    this.#abandon();
    try {
      await store.returnCalls(owner, waiting);
    } catch (error) {
      // Their leases end by themselves.
      this.#parts.logger.error({ error: describeError(error) }, 'calls cannot be given back');
    }
  }

  #abandon(): void {
    this.#isStopping = true;
    for (const each of this.#abandoning) each.abort();
  }

  /** A call of ours whose lease ended while it waits, or while its reply is committed, is still under way. */
  #make(calls: readonly Call[]): void {
    for (const call of calls) if (!this.#inFlight.has(call.callId)) this.#waiting.set(call.callId, call);
    this.#next();
  }

  async #claim(): Promise<void> {
    try {
      await this.#claimFree();
    } catch (error) {
      // What is in the store stays there: the next poll asks again.
      this.#parts.logger.error({ error: describeError(error) }, 'calls cannot be claimed');
    }
  }

  async #claimFree(): Promise<void> {
    const { system, store, clock, settings, owner, faults } = this.#parts;
    const limit = settings.MAX_CALLS_IN_FLIGHT - this.#inFlight.size - this.#waiting.size;
    if (limit <= 0) return;
    const now = clock.now();
    const until = now + leaseMs(settings);
    faults.reach('claim.before');
    const claimed = await store.claimCalls({
      owner,
      now,
      until,
      limit,
      versions: [...system.versions.keys()],
    });
    if (claimed.length > 0) faults.reach('claim.after');
    this.#backlog = claimed.length === limit;
    this.#takeOver(claimed);
    this.#make(claimed);
  }

  #takeOver(calls: readonly Call[]): void {
    for (const { callId } of calls) if (!this.#inFlight.has(callId)) this.#takenOver.add(callId);
  }

  #next(): void {
    for (const [callId, call] of this.#waiting) {
      if (this.#inFlight.size >= this.#parts.settings.MAX_CALLS_IN_FLIGHT) break;
      this.#waiting.delete(callId);
      this.#inFlight.set(callId, this.#run(call));
    }
    this.#parts.metrics.callsInFlight.set(this.#inFlight.size);
  }

  async #run(call: Call): Promise<void> {
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
    this.#next();
    if (this.#backlog && this.#waiting.size === 0 && !this.#isStopping) await this.#claim();
  }

  async #answer(call: Call): Promise<void> {
    const { application, system, services, clock, settings, metrics, store, owner, faults } = this.#parts;
    const service = serviceOf(services, call.service);
    if (service.place === 'inside') return this.#parts.replyInside(call);
    const asked = toService(system, call);
    const { type } = asked.command;
    if (Number(asked.command['attempt']) > 1) metrics.retries.inc({ command: type });
    if (call.isDoubtful) return this.#parts.reply(call, toNoAnswer(application, asked));
    const startedAt = clock.now();
    faults.reach('call.before', type);
    const abandoning = new AbortController();
    if (this.#isStopping) abandoning.abort();
    this.#abandoning.add(abandoning);
    const message = await callService(application, service, asked, {
      clock,
      timeoutMs: settings.CALL_TIMEOUT_MS,
      makeWithinMs: makeWithinMs(settings),
      signal: abandoning.signal,
      traced: this.#parts.tracing?.startCall(asked),
      onError: (error) => this.#logFailure(call, error),
    });
    this.#abandoning.delete(abandoning);
    if (message === undefined) return store.returnCalls(owner, [call.callId]);
    faults.reach('call.after-reply', type);
    const isRepeated = this.#takenOver.has(call.callId);
    const reply = isRepeated ? toUnknownOutcome(application, asked, message) : message;
    metrics.calls.inc({ command: type, reply: reply.type });
    metrics.callSeconds.observe({ command: type }, (clock.now() - startedAt) / 1000);
    return this.#parts.reply(call, reply);
  }

  /** The kind of error alone: what a provider writes into its errors may be personal. */
  #logFailure({ orderId, callId, command }: Call, error: unknown): void {
    const kind = error instanceof Error ? error.name : typeof error;
    this.#parts.logger.warn({ orderId, callId, command: command.type, kind }, 'a service threw an error');
  }
}
