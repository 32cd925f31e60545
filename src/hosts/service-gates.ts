// The gates of all services that live elsewhere: which are called now, what people change of that, and what it means for
// calls and deadlines that wait. What is held is in the store, so that a start goes on with it.
import type { Logger } from 'pino';
import type { Clock, Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError, describeError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Services } from '../service.ts';
import type {
  HeldService,
  Postponing,
  ServiceControl,
  ServiceHold,
  ServiceStatus,
} from '../service-holds.ts';
import type { Call, Store } from '../store.ts';
import { createTurns, inTurn } from '../turns.ts';
import { CallWindow } from './call-window.ts';
import { toHeldMs, toPostponedTime } from './held-time.ts';
import { type GateParts, ServiceGate } from './service-gate.ts';

export interface GatesParts {
  readonly services: Services;
  readonly store: Pick<Store, 'serviceHolds' | 'writeServiceHold' | 'callsByService' | 'onChange'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly logger: Logger;
}

/** Gets a gate whose service is called again, or not any more. */
type Observer = (gate: ServiceGate) => void;

/** Reads what the store knows of holds. */
export const openGates = async (parts: GatesParts): Promise<ServiceGates> =>
  new ServiceGates(parts, await parts.store.serviceHolds());

const nothing = new CallWindow();

/** What the log says of a service before and after somebody changed it: a hold keeps only its last reason. */
const toLogged = ({ held }: ServiceGate) =>
  held === undefined ? { state: 'running' } : { state: held.state, reason: held.reason, by: held.principal };

export class ServiceGates implements Postponing, ServiceControl {
  readonly #parts: GatesParts;
  readonly #gates: ReadonlyMap<string, ServiceGate>;
  #observer: Observer | undefined;
  readonly #takeTurn = createTurns();

  constructor(parts: GatesParts, holds: readonly ServiceHold[]) {
    this.#parts = parts;
    const byService = Map.groupBy(holds, ({ service }) => service);
    const gateParts: GateParts = {
      ...parts,
      write: (hold) => parts.store.writeServiceHold(hold),
      note: (hold) => void this.#note(hold),
      changed: (gate) => this.#observer?.(gate),
    };
    const outside = Object.entries(parts.services).filter(([, { place }]) => place === 'outside');
    this.#gates = new Map(
      outside.map(([name]) => [name, new ServiceGate(name, byService.get(name) ?? [], gateParts)]),
    );
  }

  observe(observer: Observer): void {
    this.#observer = observer;
  }

  /** Undefined for a service that lives in the store. */
  gateOf(service: string): ServiceGate | undefined {
    return this.#gates.get(service);
  }

  /** Gates whose services are not called as always. */
  held(): readonly ServiceGate[] {
    return [...this.#gates.values()].filter(({ held }) => held !== undefined);
  }

  /** For how many ms of its age a call's service was held; no more than a deadline is postponed. */
  heldMs({ service, at }: Pick<Call, 'service' | 'at'>): number {
    const { clock, settings } = this.#parts;
    const ms = toHeldMs(this.#gates.get(service)?.holds ?? [], at, clock.now());
    return Math.min(ms, settings.POSTPONE_AT_MOST_MS);
  }

  postponeTo: Postponing['postponeTo'] = (wait, now) => {
    const holds = this.#gates.get(wait.service)?.holds ?? [];
    return toPostponedTime(holds, wait, now, this.#parts.settings.POSTPONE_AT_MOST_MS);
  };

  heldServices = (): readonly HeldService[] => this.held().flatMap(({ held }) => held ?? []);

  services = async (): Promise<readonly ServiceStatus[]> => {
    const pending = await this.#parts.store.callsByService();
    return Object.entries(this.#parts.services).map(([service, { place }]): ServiceStatus => {
      const gate = this.#gates.get(service);
      const inFlight = gate?.inFlight ?? 0;
      return {
        ...{ service, place, held: gate?.held, inFlight },
        waiting: Math.max(0, (pending[service] ?? 0) - inFlight),
        figures: gate?.figures() ?? nothing.read(this.#parts.clock.now()),
        holds: (gate?.holds ?? []).slice(-limits.heldStretchesShown).toReversed(),
      };
    });
  };

  /** Takes over what other nodes changed. */
  refresh(): Promise<void> {
    return inTurn(this.#takeTurn, async () => {
      const { store, clock, logger } = this.#parts;
      try {
        const byService = Map.groupBy(await store.serviceHolds(), ({ service }) => service);
        for (const [service, gate] of this.#gates) await gate.adopt(byService.get(service) ?? []);
      } catch (error) {
        logger.error({ error: describeError(error) }, 'it cannot be read which services are paused');
        clock.schedule(() => void this.refresh(), limits.nodes.heartbeatMs);
      }
    });
  }

  pauseService: ServiceControl['pauseService'] = async (service, { reason, principal }) => {
    const gate = this.#find(service);
    if (this.#parts.store.onChange) await this.refresh();
    const before = toLogged(gate);
    await gate.pause(reason, principal ?? null);
    this.#parts.logger.warn({ service, principal, before, after: toLogged(gate) }, 'a service is paused');
  };

  resumeService: ServiceControl['resumeService'] = async (service, principal) => {
    const gate = this.#find(service);
    if (this.#parts.store.onChange) await this.refresh();
    const before = toLogged(gate);
    await gate.resume(principal ?? null);
    if (before.state !== 'paused') return;
    this.#parts.logger.warn({ service, principal, before, after: toLogged(gate) }, 'a service is resumed');
  };

  /** @throws AppError for a service that cannot be paused. */
  #find(service: string): ServiceGate {
    const { services } = this.#parts;
    if (!Object.hasOwn(services, service)) {
      const known = Object.keys(services).join(', ');
      throw new AppError('service-not-found', `There is no service ${service}; there are ${known}.`);
    }
    const gate = this.#gates.get(service);
    if (gate !== undefined) return gate;
    const text = `The ${service} lives in the store and answers within commits: it cannot be paused.`;
    throw new AppError('invalid-request', text);
  }

  async #note(hold: ServiceHold): Promise<void> {
    const { logger, store } = this.#parts;
    const { service, kind } = hold;
    if (kind === 'circuit' && hold.resumedAt === null)
      logger.error({ service }, 'the circuit of a service is open');
    else if (hold.endedAt !== null) logger.info({ service }, 'a service is called as always again');
    try {
      await store.writeServiceHold(hold);
    } catch (error) {
      // It is held all the same, and a start would not know of it.
      logger.error({ service, error: describeError(error) }, 'the state of a service cannot be stored');
    }
  }
}
