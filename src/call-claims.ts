// Who makes which calls, and until when nobody else does: part of the contract of the stores.

/** New calls are `owner`'s until a time (ms since 1970); 0: they are free for any host to claim. */
export interface Lease {
  readonly owner: string;
  readonly until: number;
  /** Calls to these services are free for any host to claim. Left out: none. */
  readonly except?: readonly string[];
}

/** A wish for calls whose lease has ended, oldest first. */
export interface Claim {
  readonly owner: string;
  readonly now: number;
  readonly until: number;
  readonly limit: number;
  /** Chart versions that the host knows: calls of orders on others are left alone. */
  readonly versions: readonly string[];
  /** Calls to these services alone, or to all but these. Left out: to all. */
  readonly services?: ClaimedServices;
}

export type ClaimedServices = { readonly only: readonly string[] } | { readonly except: readonly string[] };
