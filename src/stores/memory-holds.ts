// What the memory store keeps of services that were not called for a while.
import { limits } from '../limits.ts';
import type { ServiceHold } from '../service-holds.ts';
import type { MemoryTables } from './memory-tables.ts';

export const createHoldTable = ({ calls }: MemoryTables) => {
  const holds = new Map<string, ServiceHold>();
  const inOrder = () => [...holds.values()].sort((one, other) => one.since - other.since);
  return {
    serviceHolds: (): readonly ServiceHold[] => inOrder(),
    writeServiceHold: (hold: ServiceHold): void => {
      holds.set(hold.holdId, hold);
      const ended = inOrder().filter(({ service, endedAt }) => service === hold.service && endedAt !== null);
      for (const { holdId } of ended.slice(0, -limits.heldStretches)) holds.delete(holdId);
    },
    callsByService: (): Readonly<Record<string, number>> => {
      const groups = Map.groupBy(calls.values(), ({ call }) => call.service);
      return Object.fromEntries([...groups].map(([service, rows]) => [service, rows.length]));
    },
  };
};
