// Systems of orders that wait for a service, as of their last commit in this process: they need not be read again
// when the reply comes. It is a cache with a bound; the store is what counts.
import { NewestMap } from '../newest-map.ts';
import type { SystemState } from '../step/system-state.ts';
import { endsWait, isSettled } from '../step/view.ts';

export class InFlightOrders {
  readonly #systems: NewestMap<string, SystemState>;

  constructor(most: number) {
    this.#systems = new NewestMap(most);
  }

  get(orderId: string): SystemState | undefined {
    return this.#systems.get(orderId);
  }

  /** Keeps orders that wait for a service. Others may wait for days: they stay in the store. */
  keep(orderId: string, state: SystemState): void {
    this.#systems.delete(orderId);
    if (state.calls.size === 0 || isSettled(state)) return;
    this.#systems.set(orderId, state);
  }

  delete(orderId: string): void {
    this.#systems.delete(orderId);
  }

  /** Whether the order waited only for a service at its last commit here. */
  isWaitingForService(orderId: string, rules: Parameters<typeof endsWait>[0]): boolean {
    const state = this.#systems.get(orderId);
    return state !== undefined && !endsWait(rules, state);
  }
}
