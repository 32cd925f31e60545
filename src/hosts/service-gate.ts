// Whether one service is called now, and how many times at once: always, not at all while it is paused or its circuit is
// open, and a few at a time when that ends. It makes no call; it is told how they went.
import type { Clock, Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import { limits } from '../limits.ts';
import type { HeldService, ServiceHold } from '../service-holds.ts';
import { createTurns, inTurn } from '../turns.ts';
import { CallWindow } from './call-window.ts';
import { Circuit } from './circuit.ts';
import { endReplaced, isElsewhere, toNewer } from './known-holds.ts';

export interface GateParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Ids;
  readonly settings: Settings;
  /** Stores a hold. */
  write(hold: ServiceHold): Promise<void>;
  /** Stores a hold that the service's own calls led to; a failure is logged. */
  note(hold: ServiceHold): void;
  /** The service is called again, or not any more. */
  changed(gate: ServiceGate): void;
}

/** How one call went. */
export interface CallOutcome {
  readonly orderId: string;
  readonly command: string;
  /** ms that it took. */
  readonly ms: number;
  /** A fixed word for what went wrong; undefined: it was answered. */
  readonly failed: string | undefined;
  /** Whether that speaks against the service itself: such failures open its circuit. */
  readonly isOutage: boolean;
}

/** One call under way. `end` is called once: without an outcome, it was not made after all. */
export interface Passage {
  end(outcome?: CallOutcome): Promise<void>;
}

const circuitReason = 'most of its last calls failed';

export class ServiceGate {
  readonly service: string;
  readonly #parts: GateParts;
  readonly #window = new CallWindow();
  readonly #takeTurn = createTurns();
  /** The oldest first; the last one alone may not have ended. */
  #holds: readonly ServiceHold[];
  /** Circuits of other nodes that are open now. */
  #elsewhere: readonly ServiceHold[];
  #circuit: Circuit;
  /** Calls at once while it is called again. */
  #ramp: number = limits.resumeWith;
  #triedAgainAt = 0;
  #inFlight = 0;
  /** Counts changes: how a call went that began before the last one says nothing of the service as it is now. */
  #phase = 0;
  #inFlightOfPhase = 0;

  constructor(service: string, holds: readonly ServiceHold[], parts: GateParts) {
    this.service = service;
    this.#parts = parts;
    this.#elsewhere = holds.filter(isElsewhere);
    this.#holds = this.#endReplaced(holds.filter((hold) => !isElsewhere(hold)));
    this.#circuit = new Circuit(parts.settings);
    this.#resumeLeft();
  }

  /** Of all nodes. */
  get holds(): readonly ServiceHold[] {
    return this.#elsewhere.length === 0 ? this.#holds : [...this.#holds, ...this.#elsewhere];
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get held(): HeldService | undefined {
    const current = this.#current();
    if (current === undefined) return undefined;
    const { holdId: _, endedAt: __, ...hold } = current;
    const state = hold.resumedAt !== null ? 'resuming' : hold.kind === 'pause' ? 'paused' : 'open';
    return { ...hold, state, triedAgainAt: state === 'open' ? this.#triedAgainAt : null };
  }

  /** How many more calls may begin now. */
  get room(): number {
    const state = this.held?.state;
    if (state === undefined) return Number.POSITIVE_INFINITY;
    if (state === 'paused') return 0;
    if (state === 'resuming') return Math.max(0, this.#ramp - this.#inFlight);
    return this.#parts.clock.now() >= this.#triedAgainAt && this.#inFlightOfPhase === 0 ? 1 : 0;
  }

  figures() {
    return this.#window.read(this.#parts.clock.now());
  }

  begin(): Passage {
    const phase = this.#phase;
    this.#inFlight += 1;
    this.#inFlightOfPhase += 1;
    return {
      end: async (outcome) => {
        this.#inFlight -= 1;
        if (phase === this.#phase) this.#inFlightOfPhase -= 1;
        if (outcome === undefined) return;
        this.#noteFigures(outcome);
        if (phase === this.#phase) await this.#judge(outcome);
      },
    };
  }

  /** Nothing waits for it any more: it is called as always. */
  noteDrained(): void {
    if (this.held?.state === 'resuming' && this.#inFlight === 0) this.#endHold();
  }

  pause(reason: string, principal: string | null): Promise<void> {
    return inTurn(this.#takeTurn, () => this.#pause(reason, principal));
  }

  resume(principal: string | null): Promise<void> {
    return inTurn(this.#takeTurn, () => this.#resume(principal));
  }

  /** Takes over what other nodes made of the holds, as they are `stored`: a pause is everybody's. */
  adopt(stored: readonly ServiceHold[]): Promise<void> {
    return inTurn(this.#takeTurn, () => this.#adopt(stored));
  }

  #adopt(stored: readonly ServiceHold[]): void {
    const before = this.held;
    const here = new Map(this.#holds.map((hold) => [hold.holdId, hold]));
    const shared = stored
      .filter((hold) => !isElsewhere(hold))
      .map((hold) => toNewer(here.get(hold.holdId), hold));
    // What is on its way to the store.
    const unsaved = this.#holds.filter(({ holdId }) => !stored.some((hold) => hold.holdId === holdId));
    const all = [...shared, ...unsaved].toSorted((one, other) => one.since - other.since);
    this.#elsewhere = stored.filter(isElsewhere);
    this.#holds = this.#endReplaced(all).slice(-limits.heldStretches);
    const { held } = this;
    if (held?.state === before?.state && held?.since === before?.since) return;
    this.#circuit = new Circuit(this.#parts.settings);
    this.#ramp = limits.resumeWith;
    this.#resumeLeft();
    this.#change();
  }

  #endReplaced(holds: readonly ServiceHold[]): readonly ServiceHold[] {
    const ended = endReplaced(holds);
    for (const hold of ended) if (!holds.includes(hold)) this.#parts.note(hold);
    return ended;
  }

  /** Failures are not counted over a start: a circuit that a process left open is tried a few calls at a time. */
  #resumeLeft(): void {
    const hold = this.#current();
    if (hold?.kind === 'circuit' && hold.resumedAt === null) this.#beginResuming(hold, null);
  }

  async #pause(reason: string, principal: string | null): Promise<void> {
    const current = this.#current();
    if (current?.kind === 'pause' && current.resumedAt === null) {
      const changed = { ...current, reason, principal };
      await this.#parts.write(changed);
      this.#replace(changed);
      return;
    }
    const hold = this.#toHold('pause', reason, principal);
    await this.#parts.write(hold);
    this.#replaceCurrent(hold);
    this.#circuit = new Circuit(this.#parts.settings);
    this.#change();
  }

  async #resume(principal: string | null): Promise<void> {
    const current = this.#current();
    if (current?.kind !== 'pause' || current.resumedAt !== null) return;
    const resumed = { ...current, resumedAt: this.#parts.clock.now(), resumedBy: principal };
    await this.#parts.write(resumed);
    this.#replace(resumed);
    this.#ramp = limits.resumeWith;
    this.#change();
  }

  #toHold(kind: ServiceHold['kind'], reason: string, principal: string | null): ServiceHold {
    const { clock, ids } = this.#parts;
    // A start may find the machine's time set back. A store tells the newest hold by when it began.
    const since = Math.max(clock.now(), this.#holds.at(-1)?.since ?? 0);
    const open = { since, resumedAt: null, resumedBy: null, endedAt: null };
    return { holdId: ids.next(), service: this.service, kind, reason, principal, ...open };
  }

  #current(): ServiceHold | undefined {
    const last = this.#holds.at(-1);
    return last?.endedAt === null ? last : undefined;
  }

  #noteFigures({ orderId, command, ms, failed: what }: CallOutcome): void {
    const at = this.#parts.clock.now();
    this.#window.note(
      { at, ms, isFailed: what !== undefined },
      what === undefined ? undefined : { at, orderId, command, what },
    );
  }

  async #judge({ isOutage }: CallOutcome): Promise<void> {
    const phase = this.#phase;
    await this.#circuit.note(isOutage);
    if (phase !== this.#phase) return;
    const state = this.held?.state;
    if (state === 'open') this.#noteTry();
    else if (!this.#circuit.isClosed) this.#openCircuit();
    else if (state === 'resuming') this.#climb(isOutage);
  }

  /** The call that tried an open circuit has ended. */
  #noteTry(): void {
    const hold = this.#current();
    if (hold !== undefined && this.#circuit.isClosed) {
      this.#beginResuming(hold, null);
      return;
    }
    this.#triedAgainAt = this.#parts.clock.now() + this.#parts.settings.CIRCUIT_OPEN_MS;
    this.#change();
  }

  #openCircuit(): void {
    const { clock, settings } = this.#parts;
    const current = this.#current();
    if (current?.kind === 'circuit') {
      this.#replace({ ...current, resumedAt: null });
    } else {
      this.#replaceCurrent(this.#toHold('circuit', circuitReason, null));
    }
    const hold = this.#current();
    if (hold) this.#parts.note(hold);
    this.#triedAgainAt = clock.now() + settings.CIRCUIT_OPEN_MS;
    this.#change();
  }

  #climb(isOutage: boolean): void {
    this.#ramp = isOutage ? Math.max(limits.resumeWith, Math.floor(this.#ramp / 2)) : this.#ramp + 1;
    if (this.#ramp >= this.#parts.settings.MAX_CALLS_IN_FLIGHT) this.#endHold();
  }

  #beginResuming(hold: ServiceHold, principal: string | null): void {
    const resumed = { ...hold, resumedAt: this.#parts.clock.now(), resumedBy: principal };
    this.#replace(resumed);
    this.#parts.note(resumed);
    this.#ramp = limits.resumeWith;
    this.#change();
  }

  #endHold(): void {
    this.#endCurrent();
    this.#change();
  }

  #endCurrent(): void {
    const current = this.#current();
    if (current === undefined) return;
    const now = this.#parts.clock.now();
    const ended = { ...current, resumedAt: current.resumedAt ?? now, endedAt: now };
    this.#replace(ended);
    this.#parts.note(ended);
  }

  /** Nobody is told in between: the service would be called without any limit. */
  #replaceCurrent(hold: ServiceHold): void {
    this.#endCurrent();
    this.#holds = [...this.#holds, hold].slice(-limits.heldStretches);
  }

  #replace(hold: ServiceHold): void {
    this.#holds = this.#holds.map((each) => (each.holdId === hold.holdId ? hold : each));
  }

  #change(): void {
    this.#phase += 1;
    this.#inFlightOfPhase = 0;
    this.#parts.changed(this);
  }
}
