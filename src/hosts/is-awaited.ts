// Whether an order still waits for a call that is older than calls are made: its actor has a deadline that waits for the
// service, and was postponed as long as the service was held.
import { findAwaitedService } from '../step/postponement.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { fromStored } from '../step/snapshot.ts';
import type { Call, Store } from '../store.ts';

export const createIsAwaited =
  (system: RegisteredSystem, store: Pick<Store, 'load'>) =>
  async ({ orderId, callId, actor, service }: Call): Promise<boolean> => {
    const stored = (await store.load([orderId])).get(orderId);
    if (stored === undefined) return false;
    const state = fromStored(system, stored.system);
    if (!state.calls.has(callId)) return false;
    return state.deadlines
      .values()
      .some(
        (deadline) => deadline.source === actor && findAwaitedService(system, state, deadline) === service,
      );
  };
