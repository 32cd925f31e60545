// Calls that wait in the store for any host: claims them for this one, the oldest first, as far as there are free places. One claim
// follows the other, because each is a transaction of its own.
import type { Logger } from 'pino';
import type { ClaimedServices } from '../call-claims.ts';
import type { Clock } from '../clock.ts';
import { leaseMs, type Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Faults } from '../faults.ts';
import { limits } from '../limits.ts';
import type { RegisteredSystem } from '../step/register.ts';
import type { Call, Store } from '../store.ts';
import type { ServiceGate } from './service-gate.ts';
import type { ServiceGates } from './service-gates.ts';

/** What claiming takes of its host. */
export interface ClaimingHost {
  readonly system: RegisteredSystem;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly faults: Faults;
  readonly owner: string;
  readonly gates: ServiceGates;
}

interface ClaimParts extends ClaimingHost {
  /** Calls that can be taken beside those that are under way or wait for a place. */
  freePlaces(): number;
  /** Calls of a service that are claimed and wait for a place. */
  waitingFor(service: string): number;
  /** Takes over what was claimed. */
  take(calls: readonly Call[]): void;
}

export class CallClaims {
  readonly #parts: ClaimParts;
  /** There may be calls in the store without a lease. */
  #backlog = false;
  #isClaiming = false;
  #isDue = false;
  #isStopped = false;

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  get hasBacklog(): boolean {
    return this.#backlog;
  }

  /** Calls were committed that nobody has a lease of. */
  noteBacklog(): void {
    this.#backlog = true;
    if (this.#hasRoom()) void this.claim();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Claims what there is room for. Whoever asks while a claim is under way is served by the next one. */
  async claim(): Promise<void> {
    this.#isDue = true;
    if (this.#isClaiming) return;
    this.#isClaiming = true;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      // What the last claim led to goes on first.
      await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
      try {
        await this.#claimFree();
      } catch (error) {
        // What is in the store stays there: the next poll asks again.
        this.#parts.logger.error({ error: describeError(error) }, 'calls cannot be claimed');
      }
    }
    this.#isClaiming = false;
  }

  /** After a call to `service` has ended: its place is free. */
  async refill(service: string): Promise<void> {
    const isHeld = this.#parts.gates.gateOf(service)?.held !== undefined;
    if (isHeld || (this.#backlog && this.#hasRoom())) await this.claim();
  }

  /** Whether enough places are free for a claim to be worth its transaction. */
  #hasRoom(): boolean {
    const { MAX_CALLS_IN_FLIGHT } = this.#parts.settings;
    return this.#parts.freePlaces() >= Math.min(limits.callsPerClaim, Math.ceil(MAX_CALLS_IN_FLIGHT / 2));
  }

  /** So few at a time that the first are soon under way. */
  async #claimFree(): Promise<void> {
    const { freePlaces, gates } = this.#parts;
    const held = gates.held();
    const limit = Math.min(freePlaces(), limits.callsPerClaim);
    if (limit <= 0) return;
    const claimed = await this.#claimSome(limit, { except: held.map(({ service }) => service) });
    this.#backlog = claimed === limit;
    if (this.#backlog && freePlaces() > 0) this.#isDue = true;
    for (const gate of held) await this.#claimFor(gate);
  }

  /** As many calls as a service may get that is called again. */
  async #claimFor(gate: ServiceGate): Promise<void> {
    const { freePlaces, waitingFor } = this.#parts;
    const { service } = gate;
    const waiting = waitingFor(service);
    const room = Math.min(gate.room - waiting, freePlaces());
    if (room <= 0) return;
    const claimed = await this.#claimSome(room, { only: [service] });
    if (claimed === 0 && waiting === 0) gate.noteDrained();
  }

  async #claimSome(limit: number, services: ClaimedServices): Promise<number> {
    const { system, store, clock, settings, owner, faults, take } = this.#parts;
    const now = clock.now();
    const until = now + leaseMs(settings);
    faults.reach('claim.before');
    const versions = [...system.versions.keys()];
    const claimed = await store.claimCalls({ owner, now, until, limit, versions, services });
    if (claimed.length > 0) faults.reach('claim.after');
    take(claimed);
    return claimed.length;
  }
}
