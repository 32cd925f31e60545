// Services that are not called for a while: somebody paused them, or their circuit is open after repeated failures. The
// contract between the store that remembers that, the host that keeps to it, and the API that shows and changes it. It calls
// nothing.

/** A stretch of time in which a service is not called, or only few times at once. Times are ms since 1970. */
export interface ServiceHold {
  readonly holdId: string;
  readonly service: string;
  /** A person paused it, or its circuit opened. */
  readonly kind: 'pause' | 'circuit';
  readonly reason: string;
  /** The named caller who paused it; null: nobody was named, or nobody asked. */
  readonly principal: string | null;
  readonly since: number;
  /** From then on calls are made again, a few at a time; null: none are made. */
  readonly resumedAt: number | null;
  readonly resumedBy: string | null;
  /** From then on as many calls are made as before; null: not yet. */
  readonly endedAt: number | null;
  /** The open circuit of another node: that one does not call the service, and ends it. Deadlines wait for it everywhere. */
  readonly elsewhere?: true;
}

/** What holds need of a store. */
export interface HoldStore {
  /** The oldest first: those that have not ended, and the newest that have. */
  serviceHolds(): Promise<readonly ServiceHold[]>;
  /** Adds the hold, or replaces it; of its service's, the oldest that ended beyond `limits.heldStretches` go. */
  writeServiceHold(hold: ServiceHold): Promise<void>;
  /** The number of calls to each service that have no answer yet; services without any are left out. */
  callsByService(): Promise<Readonly<Record<string, number>>>;
}

/** A try that failed. */
export interface FailedTry {
  /** ms since 1970. */
  readonly at: number;
  readonly orderId: string;
  readonly command: string;
  /** A fixed word, such as `no-answer`; never a text of the service. */
  readonly what: string;
}

/** How calls to a service went lately. */
export interface CallFigures {
  /** The time that the figures are about, in ms until now. */
  readonly windowMs: number;
  readonly calls: number;
  readonly failed: number;
  /** The time that half of the calls took at most, and 95 of 100; null without calls. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The newest first. */
  readonly lastErrors: readonly FailedTry[];
}

/** `open`: its circuit is open. */
export const serviceStates = ['running', 'paused', 'open', 'resuming'] as const;
export type ServiceState = (typeof serviceStates)[number];

/** A service that is not called now, or only few times at once. */
export interface HeldService extends Omit<ServiceHold, 'holdId' | 'endedAt'> {
  readonly state: Exclude<ServiceState, 'running'>;
  /** When one call is made to see whether the service works again (ms since 1970); null unless the circuit is open. */
  readonly triedAgainAt: number | null;
}

export interface ServiceStatus {
  readonly service: string;
  /** A service that lives in the store answers within commits: it is never paused. */
  readonly place: 'inside' | 'outside';
  /** Undefined while it is called as always. */
  readonly held: HeldService | undefined;
  readonly inFlight: number;
  /** Calls that are decided and not under way. */
  readonly waiting: number;
  readonly figures: CallFigures;
  /** The last holds, the newest first. */
  readonly holds: readonly ServiceHold[];
}

export const toServiceState = ({ held }: Pick<ServiceStatus, 'held'>): ServiceState =>
  held?.state ?? 'running';

/** What people see and change of services. */
export interface ServiceControl {
  /** Of each service of the application. */
  services(): Promise<readonly ServiceStatus[]>;
  /** Those that are held now. It costs nothing to ask. */
  heldServices(): readonly HeldService[];
  /**
   * Stops calls to a service from now on; those under way end. Pausing a paused one changes its reason.
   * @throws AppError `service-not-found`, or `invalid-request` for a service that lives in the store.
   */
  pauseService(
    service: string,
    pause: { readonly reason: string; readonly principal: string | undefined },
  ): Promise<void>;
  /** Makes the calls that waited, and new ones, few at a time at first. What is not paused is left alone. */
  resumeService(service: string, principal: string | undefined): Promise<void>;
}

/** What a deadline that is due asks of those who hold services. Times are ms since 1970. */
export interface DueWait {
  readonly service: string;
  /** Since when it may have waited for the service. */
  readonly since: number;
  readonly firstDueAt: number;
  readonly dueAt: number;
}

/** Who decides whether a due deadline fires. */
export interface Postponing {
  /** To when (ms since 1970) a deadline is postponed that is due `now`; undefined: it fires. */
  postponeTo(wait: DueWait, now: number): number | undefined;
}

/** Where nothing is called, nothing is held. */
export const neverPostponing: Postponing = { postponeTo: () => undefined };
