// The incidents of services that the memory store keeps. It returns only copies.
import { AppError } from '../errors.ts';
import type {
  Closing,
  ServiceIncident,
  ServiceIncidentPage,
  ServiceIncidentStore,
} from '../service-incidents.ts';
import { copy } from './memory-tables.ts';

type OpenRules = Parameters<ServiceIncidentStore['openServiceIncident']>[1];

export const createServiceIncidents = () => {
  /** The oldest first. */
  const all: ServiceIncident[] = [];
  const findOpen = () => all.filter(({ closedAt }) => closedAt === null);
  return {
    openServiceIncident: (
      incident: ServiceIncident,
      { once, most }: OpenRules,
    ): ServiceIncident | undefined => {
      const before = all.findLast(({ key }) => key === incident.key);
      if (before !== undefined && (once || before.closedAt === null)) return copy(before);
      if (findOpen().length >= most) return undefined;
      all.push(copy(incident));
      return copy(incident);
    },
    closeServiceIncident: (
      which: { readonly incidentId: string } | { readonly key: string },
      { at, by, note }: Closing,
    ): boolean => {
      const index = all.findIndex(
        ({ incidentId, key, closedAt }) =>
          closedAt === null && ('key' in which ? key === which.key : incidentId === which.incidentId),
      );
      const found = all[index];
      if (found === undefined) return false;
      all[index] = { ...found, closedAt: at, closedBy: by, note };
      return true;
    },
    serviceIncident: (incidentId: string): ServiceIncident | undefined => {
      const found = all.find((each) => each.incidentId === incidentId);
      return found && copy(found);
    },
    serviceIncidents: ({ isOpen, after, limit }: ServiceIncidentPage): readonly ServiceIncident[] => {
      const end = after === undefined ? all.length : all.findIndex(({ incidentId }) => incidentId === after);
      if (end === -1) {
        throw new AppError('invalid-request', `There is no incident ${after} to continue after.`);
      }
      const found = all.slice(0, end).filter(({ closedAt }) => (closedAt === null) === isOpen);
      return copy(found.toReversed().slice(0, limit));
    },
    openServiceIncidents: (): Readonly<Record<string, number>> => {
      const groups = Map.groupBy(findOpen(), ({ service }) => service);
      return Object.fromEntries([...groups].map(([service, found]) => [service, found.length]));
    },
  };
};
