// Delivers the journal to one endpoint: in order, at least once, one event after the other, each until it is taken or the
// endpoint is dead. It waits for no other endpoint, and none waits for it. Of several nodes one delivers. It never changes an
// order.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { AppError, describeError } from '../errors.ts';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import { pause } from '../service.ts';
import type { Opening, ServiceIncidents } from '../service-incidents.ts';
import { sign } from '../signature.ts';
import type { JournalEvent } from '../store.ts';
import { createTurns, inTurn } from '../turns.ts';
import type { WebhookDelivery, WebhookEndpoint, WebhookStore } from '../webhooks.ts';
import { createLease, type EndpointLease } from './lease.ts';
import { type Answered, type SendingRules, send } from './send.ts';

export interface DeliveryParts {
  readonly host: Pick<Host, 'watch'>;
  readonly store: WebhookStore;
  readonly incidents: Pick<ServiceIncidents, 'open' | 'closeKey'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly rules: SendingRules;
  /** A number from 0 up to 1, by chance. */
  readonly drawShare: () => number;
  /** What is sent of an event: JSON. */
  readonly toBody: (event: JournalEvent) => string;
  readonly noteTry: (isDelivered: boolean) => void;
  /** The name of this node among those that deliver; no other one has it. */
  readonly owner: string;
}

/** Under which an endpoint's incident is open while the endpoint is dead. */
export const toIncidentKey = ({ endpointId }: WebhookEndpoint): string => `webhook/${endpointId}`;

const toIncident = (endpoint: WebhookEndpoint, last: WebhookDelivery | undefined): Opening => {
  const { endpointId, tries } = endpoint;
  const details = { endpointId, tries, status: last?.status, problem: last?.problem, eventId: last?.eventId };
  return {
    ...{ service: 'webhooks', reason: 'endpoint-dead', key: toIncidentKey(endpoint), once: false, details },
    text: 'A webhook endpoint is dead: nothing is sent to it until it is enabled (POST /webhooks/{id}/enable).',
  };
};

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #lease: EndpointLease;
  #endpoint: WebhookEndpoint;
  #unsaved: WebhookDelivery[] = [];
  #savedAt = 0;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #takeTurn = createTurns();

  constructor(parts: DeliveryParts, endpoint: WebhookEndpoint) {
    this.#parts = parts;
    this.#endpoint = endpoint;
    this.#lease = createLease({ ...parts, current: () => this.#endpoint });
  }

  get endpoint(): WebhookEndpoint {
    return this.#endpoint;
  }

  /** Whether this node delivers to it. */
  get isHere(): boolean {
    return this.#lease.isHeld();
  }

  start(): void {
    if (this.#endpoint.state !== 'enabled') return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    await this.#pause();
    await this.#lease.giveBack();
  }

  /** Stops, stores the endpoint with `changes`, and goes on as it then says. */
  change(toChanges: (endpoint: WebhookEndpoint) => Partial<WebhookEndpoint>): Promise<WebhookEndpoint> {
    return inTurn(this.#takeTurn, async () => {
      await this.#pause();
      try {
        this.#endpoint = await this.#store(toChanges);
      } finally {
        this.start();
      }
      return this.#endpoint;
    });
  }

  /** Another node may have changed it: it is `stored` like that. */
  adopt(stored: WebhookEndpoint): Promise<void> {
    return inTurn(this.#takeTurn, async () => {
      // Whoever changes an endpoint takes it over.
      await this.#lease.renew();
      if (this.#lease.isHeld()) return;
      await this.#pause();
      this.#endpoint = stored;
      this.start();
    });
  }

  async #store(toChanges: (endpoint: WebhookEndpoint) => Partial<WebhookEndpoint>): Promise<WebhookEndpoint> {
    const { endpointId } = this.#endpoint;
    for (let tries = 0; tries < limits.webhookChangeTries; tries += 1) {
      const stored = await this.#lease.take(true);
      if (stored === undefined) {
        throw new AppError('webhook-not-found', `No endpoint has the id ${endpointId}.`);
      }
      const changed = { ...stored, ...toChanges(stored) };
      if (await this.#lease.save(changed, [])) return changed;
    }
    const text = `Other nodes change the endpoint ${endpointId} all the time; nothing was stored.`;
    throw new AppError('store-unavailable', text);
  }

  async #pause(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#parts;
    while (!signal.aborted && this.#endpoint.state === 'enabled') {
      try {
        const stored = await this.#lease.take(false);
        if (stored === undefined) {
          await pause(clock, limits.webhookLookMs, signal);
          continue;
        }
        this.#endpoint = stored;
        const { lost } = this.#lease;
        await this.#deliverAll(AbortSignal.any([signal, lost]));
        // The watch ends by itself only when the host closes.
        if (!lost.aborted && this.#lease.isHeld()) break;
      } catch (error) {
        if (signal.aborted) break;
        if (this.#lease.lost.aborted) continue;
        const { endpointId } = this.#endpoint;
        logger.error({ endpointId, error: describeError(error) }, 'webhooks cannot be delivered now');
        await pause(clock, limits.webhookRestMs, signal).catch(() => undefined);
      }
    }
    await this.#save();
  }

  async #deliverAll(signal: AbortSignal): Promise<void> {
    const { types, position: after } = this.#endpoint;
    const watched = this.#parts.host.watch({ after, signal, ...(types && { types }) });
    for await (const events of watched) {
      for (const event of events) {
        if (!(await this.#deliver(event, signal))) return;
      }
      await this.#save();
    }
  }

  /** Whether the event is delivered, and the next one may go. */
  async #deliver(event: JournalEvent, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#parts;
    for (;;) {
      await pause(clock, Math.max(0, (this.#endpoint.nextAt ?? 0) - clock.now()), signal);
      if (!this.#lease.isHeld()) return false;
      const answered = await this.#try(event, signal);
      if (signal.aborted && answered.status === null) return false;
      const isDelivered = this.#note(event, answered);
      if (isDelivered && clock.now() - this.#savedAt < limits.webhookSaveMs) return true;
      await this.#save();
      if (isDelivered || this.#endpoint.state !== 'enabled') return isDelivered;
    }
  }

  #try(event: JournalEvent, signal: AbortSignal): Promise<Answered> {
    const { rules, toBody, clock } = this.#parts;
    const { url, secrets } = this.#endpoint;
    const body = toBody(event);
    const now = clock.now();
    const valid = secrets.filter(({ endsAt }) => endsAt === null || endsAt > now);
    const signature = sign(
      valid.map(({ secret }) => secret),
      event.eventId,
      now,
      body,
    );
    const headers = {
      ...{ 'content-type': 'application/cloudevents+json; charset=utf-8', 'user-agent': 'orderchart' },
      ...signature,
    };
    return send(rules, { url, headers, body }, signal);
  }

  /** Records one try, and returns whether it delivered the event. */
  #note({ position, eventId, type }: JournalEvent, { status, problem, retryAfterMs }: Answered): boolean {
    const { clock, logger, noteTry, drawShare } = this.#parts;
    const now = clock.now();
    const tries = this.#endpoint.tries + 1;
    this.#unsaved.push({ ...{ position, eventId, type, at: now, try: tries }, status, problem });
    noteTry(problem === null);
    if (problem === null) {
      this.#endpoint = { ...this.#endpoint, position, tries: 0, nextAt: null, failingSince: null };
      return true;
    }
    const failingSince = this.#endpoint.failingSince ?? now;
    const waitMs = limits.webhookWaitsMs[tries - 1];
    const { endpointId } = this.#endpoint;
    if (waitMs === undefined || status === 410) {
      this.#endpoint = { ...this.#endpoint, tries, nextAt: null, failingSince, state: 'dead' };
      const text = 'a webhook endpoint is dead: nothing is sent to it until it is enabled (GET /webhooks)';
      logger.error({ endpointId, tries, status, problem }, text);
      return false;
    }
    // Between all of it and a fifth more, so that not all come back at once.
    const spread = Math.round(waitMs * (1 + drawShare() / 5));
    this.#endpoint = { ...this.#endpoint, tries, nextAt: now + Math.max(spread, retryAfterMs), failingSince };
    logger.warn({ endpointId, tries, status, problem }, 'a webhook was not delivered, and is tried again');
    return false;
  }

  /** What cannot be stored is stored with what comes next; until then a crash repeats it. */
  async #save(): Promise<void> {
    const { incidents, clock, logger } = this.#parts;
    if (this.#unsaved.length === 0) return;
    const saving = this.#unsaved.slice(-limits.webhookLog);
    this.#unsaved = [];
    this.#savedAt = clock.now();
    try {
      // Before it is stored that the endpoint is dead: after a crash between them it dies again, and opens the same one.
      if (this.#endpoint.state === 'dead') await incidents.open(toIncident(this.#endpoint, saving.at(-1)));
      // What another node took over is that one's to say.
      await this.#lease.save(this.#endpoint, saving);
    } catch (error) {
      this.#unsaved = [...saving, ...this.#unsaved];
      const { endpointId } = this.#endpoint;
      logger.error({ endpointId, error: describeError(error) }, 'what was delivered cannot be stored');
    }
  }
}
