// Which node delivers to an endpoint: whoever has its lease, renewed while it delivers. What a node writes after another one has
// taken it over is refused, so that one which was stopped and comes back repeats a delivery at worst. Over a store of one process
// there is nobody to take it from.
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { WebhookDelivery, WebhookEndpoint, WebhookLeases, WebhookStore } from '../webhooks.ts';

export interface EndpointLease {
  /** The endpoint as it is stored, and whether it is this node's; undefined: another node has it, or it was removed. */
  take(isForced: boolean): Promise<WebhookEndpoint | undefined>;
  /** Asks whether it is still this node's, and for longer. */
  renew(): Promise<void>;
  isHeld(): boolean;
  /** Aborted when the lease that was taken last ends. */
  readonly lost: AbortSignal;
  /** False: it is another node's, and nothing was written. */
  save(endpoint: WebhookEndpoint, tries: readonly WebhookDelivery[]): Promise<boolean>;
  giveBack(): Promise<void>;
}

interface LeaseParts {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly owner: string;
  /** The endpoint as it is known here. */
  current(): WebhookEndpoint;
}

export const createLease = (parts: LeaseParts): EndpointLease => {
  const { claimWebhook, writeClaimedWebhook, returnWebhook } = parts.store;
  return claimWebhook && writeClaimedWebhook && returnWebhook
    ? new SharedLease(parts, { claimWebhook, writeClaimedWebhook, returnWebhook })
    : createOwnLease(parts);
};

const createOwnLease = ({ store, current }: LeaseParts): EndpointLease => ({
  take: async () => current(),
  renew: async () => {},
  isHeld: () => true,
  lost: new AbortController().signal,
  save: async (endpoint, tries) => {
    await store.writeWebhook(endpoint, tries);
    return true;
  },
  giveBack: async () => {},
});

class SharedLease implements EndpointLease {
  readonly #parts: LeaseParts;
  readonly #leases: WebhookLeases;
  #held: { readonly fence: number; readonly until: number } | undefined;
  #losing = new AbortController();
  #cancel: (() => void) | undefined;

  constructor(parts: LeaseParts, leases: WebhookLeases) {
    this.#parts = parts;
    this.#leases = leases;
  }

  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  isHeld(): boolean {
    return this.#held !== undefined && this.#parts.clock.now() < this.#held.until;
  }

  async take(isForced: boolean): Promise<WebhookEndpoint | undefined> {
    const endpoint = await this.#claim(isForced);
    if (endpoint !== undefined && this.lost.aborted) this.#losing = new AbortController();
    return endpoint;
  }

  async renew(): Promise<void> {
    if (this.#held === undefined) return;
    const { fence } = this.#held;
    try {
      await this.#claim(false);
      // It was lost and taken again: what is on its way is of the time before.
      if (this.#held?.fence !== fence) this.#lose();
    } catch {
      // As long as it lasts, another try may be answered.
      if (this.isHeld()) this.#plan();
      else this.#lose();
    }
  }

  async save(endpoint: WebhookEndpoint, tries: readonly WebhookDelivery[]): Promise<boolean> {
    if (this.#held === undefined) return false;
    const isOurs = await this.#leases.writeClaimedWebhook(this.#held.fence, endpoint, tries);
    if (!isOurs) this.#lose();
    return isOurs;
  }

  async giveBack(): Promise<void> {
    const held = this.#held;
    this.#lose();
    if (held === undefined) return;
    try {
      await this.#leases.returnWebhook(this.#parts.current().endpointId, held.fence);
    } catch {
      // It ends by itself.
    }
  }

  async #claim(isForced: boolean): Promise<WebhookEndpoint | undefined> {
    const { clock, owner, current } = this.#parts;
    const { endpointId } = current();
    const now = clock.now();
    const until = now + limits.webhookLeaseMs;
    const claimed = await this.#leases.claimWebhook({ endpointId, owner, now, until, isForced });
    this.#cancel?.();
    this.#held = claimed && { fence: claimed.fence, until };
    if (claimed) this.#plan();
    return claimed?.endpoint;
  }

  #plan(): void {
    this.#cancel?.();
    this.#cancel = this.#parts.clock.schedule(() => void this.renew(), limits.webhookLeaseMs / 3);
  }

  #lose(): void {
    this.#cancel?.();
    this.#held = undefined;
    this.#losing.abort();
  }
}
