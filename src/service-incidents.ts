// Incidents whose subject is a service instead of an order: what needs a person and belongs to no order of this store. The
// contract between the store that keeps them, whoever opens them, and the API that shows and closes them.
import { z } from 'zod';
import { limits } from './limits.ts';

export interface ServiceIncident {
  readonly incidentId: string;
  /** The name of the service that it is about, such as `gateway`. */
  readonly service: string;
  /** A fixed word. */
  readonly reason: string;
  /** A sentence for people, without personal data. */
  readonly text: string;
  /** What it is about: at most one incident under a key is open. */
  readonly key: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** ms since 1970. */
  readonly openedAt: number;
  /** Null: it is open. */
  readonly closedAt: number | null;
  /** The principal; null: nobody was named, or the service closed it by itself. */
  readonly closedBy: string | null;
  readonly note: string | null;
}

export interface Closing {
  readonly at: number;
  readonly by: string | null;
  readonly note: string;
}

/** What service incidents need of a store. */
export interface ServiceIncidentStore {
  /**
   * Stores the incident, unless one under its key is open, or (`once`) ever was. Returns the one that stands under the key
   * then, which is the given one if it was stored; undefined: it was not stored, because `most` are open.
   */
  openServiceIncident(
    incident: ServiceIncident,
    rules: { readonly once: boolean; readonly most: number },
  ): Promise<ServiceIncident | undefined>;
  /** Returns whether there was an open one. */
  closeServiceIncident(
    which: { readonly incidentId: string } | { readonly key: string },
    closing: Closing,
  ): Promise<boolean>;
  serviceIncident(incidentId: string): Promise<ServiceIncident | undefined>;
  /** The newest first. @throws AppError `invalid-request` if there is none to continue after. */
  serviceIncidents(page: ServiceIncidentPage): Promise<readonly ServiceIncident[]>;
  /** How many are open, by service; services without any are left out. */
  openServiceIncidents(): Promise<Readonly<Record<string, number>>>;
}

export interface ServiceIncidentPage {
  readonly isOpen: boolean;
  /** The id of the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** What is reported: over the local socket, too. */
export const opening = z.strictObject({
  service: z.string().min(1).max(100),
  reason: z.string().min(1).max(100),
  text: z.string().min(1).max(1000),
  key: z.string().min(1).max(limits.incidentKeyLength),
  details: z.record(z.string(), z.unknown()),
  /** Not again after it was closed: what a person has accepted stays accepted. */
  once: z.boolean(),
});
export type Opening = Readonly<z.infer<typeof opening>>;

/** `opened`: now; `open`, `closed`: it was before; `not-opened`: too many are open. */
export const openingResult = z.enum(['opened', 'open', 'closed', 'not-opened']);
export type OpeningResult = z.infer<typeof openingResult>;

/** The service incidents of one store. What is changed is stored before it resolves. */
export interface ServiceIncidents {
  open(opening: Opening): Promise<OpeningResult>;
  /** Closes the one under this key, if it is open: what it was about is over. */
  closeKey(key: string, closing: Pick<Closing, 'by' | 'note'>): Promise<void>;
  /** @throws AppError `incident-not-found`, `incident-closed`. */
  resolve(incidentId: string, closing: Pick<Closing, 'by' | 'note'>): Promise<ServiceIncident>;
  list(page: ServiceIncidentPage): Promise<readonly ServiceIncident[]>;
  countOpen(): Promise<number>;
  /** How many are open, by service; services without any are left out. */
  openByService(): Promise<Readonly<Record<string, number>>>;
}
