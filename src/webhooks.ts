// Webhooks out: endpoints of others that get the domain events, in the order of the journal. The contract between the store
// that remembers them, what delivers, and the API that changes them. It sends nothing.

export interface WebhookSecret {
  readonly secret: string;
  /** ms since 1970; null: it does not end. */
  readonly endsAt: number | null;
}

export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  /** Types of domain events; null: all. */
  readonly types: readonly string[] | null;
  /** The newest first; at most two. */
  readonly secrets: readonly WebhookSecret[];
  /** `dead`: no try of one event succeeded in days, or the endpoint said that it is gone. Nothing is sent until it is enabled. */
  readonly state: 'enabled' | 'disabled' | 'dead';
  readonly createdAt: number;
  /** Everything up to this position of the journal is delivered. */
  readonly position: number;
  /** Tries of the first event behind it that failed. */
  readonly tries: number;
  /** When the next try is due; null: now. */
  readonly nextAt: number | null;
  readonly failingSince: number | null;
}

/** One try to deliver one event. */
export interface WebhookDelivery {
  readonly position: number;
  readonly eventId: string;
  readonly type: string;
  readonly at: number;
  readonly try: number;
  /** What the endpoint answered; null: nothing. */
  readonly status: number | null;
  /** Why it failed, as a fixed word; null: it is delivered. */
  readonly problem: string | null;
}

/** A wish to deliver to an endpoint, and nobody else meanwhile. Times are ms since 1970. */
export interface WebhookClaim {
  readonly endpointId: string;
  readonly owner: string;
  readonly now: number;
  readonly until: number;
  /** Also if another node has it: what that one writes from then on is refused. */
  readonly isForced: boolean;
}

/** What several nodes need, so that one of them delivers to an endpoint. `fence` is the claim's: it ends with the next one's. */
export interface WebhookLeases {
  /** The endpoint as it is stored; undefined: another node has it, or it was removed. Who has it may claim it again. */
  claimWebhook(
    claim: WebhookClaim,
  ): Promise<{ readonly endpoint: WebhookEndpoint; readonly fence: number } | undefined>;
  /** As `writeWebhook`, for one that was claimed. False: another node has it now, and nothing was written. */
  writeClaimedWebhook(
    fence: number,
    endpoint: WebhookEndpoint,
    deliveries: readonly WebhookDelivery[],
  ): Promise<boolean>;
  /** Another node may have it at once. */
  returnWebhook(endpointId: string, fence: number): Promise<void>;
}

/** What webhooks need of a store. Without leases, one process has it. */
export interface WebhookStore extends Partial<WebhookLeases> {
  /** The oldest first. */
  webhookEndpoints(): Promise<readonly WebhookEndpoint[]>;
  /** Adds the endpoint, or replaces it, with what is new in its log; of that, the oldest beyond `limits.webhookLog` goes. */
  writeWebhook(endpoint: WebhookEndpoint, deliveries: readonly WebhookDelivery[]): Promise<void>;
  /** Removes the endpoint and its log. */
  removeWebhook(endpointId: string): Promise<void>;
  /** The newest first. */
  webhookDeliveries(endpointId: string, limit: number): Promise<readonly WebhookDelivery[]>;
}

export interface WebhookWish {
  readonly url: string;
  readonly types: readonly string[] | null;
  /** Deliver what comes behind this position. */
  readonly after: number;
}

/** The endpoints of one store. Every change is stored before it resolves. @throws AppError `webhook-not-found`. */
export interface Webhooks {
  list(): Promise<readonly WebhookEndpoint[]>;
  /** @throws AppError `invalid-request` for a URL that cannot be used, or for one endpoint too many. */
  create(wish: WebhookWish): Promise<WebhookEndpoint>;
  /** @throws AppError `invalid-request` for a URL that cannot be used. */
  change(endpointId: string, changes: Partial<Pick<WebhookWish, 'url' | 'types'>>): Promise<WebhookEndpoint>;
  /** A new secret; the old one signs beside it for `keepOldMs`. */
  rotate(endpointId: string, keepOldMs: number): Promise<WebhookEndpoint>;
  /** Enabling tries at once what waits. The incident of a dead endpoint is closed; `by`: who asked. */
  setEnabled(endpointId: string, isEnabled: boolean, by: string | null): Promise<WebhookEndpoint>;
  /** Delivers everything behind `after` again. */
  replay(endpointId: string, after: number): Promise<WebhookEndpoint>;
  remove(endpointId: string, by: string | null): Promise<void>;
  /** The last tries, the newest first. */
  deliveries(endpointId: string, limit: number): Promise<readonly WebhookDelivery[]>;
  /** What is on its way may be delivered again after the next start. */
  close(): Promise<void>;
}
