// What lies between one node of a simulation and the store that it shares with others: the contract between the simulator, which
// lets it take time and fail, and the store, whose requests go this way.

import type { Sighting } from './simulation.ts';
import type { BatchWrite } from './store-batch.ts';
import type { Row, RowChange } from './tables.ts';

/** A request got lost, or its answer: nobody here knows whether it was carried out. */
export class ConnectionLost extends Error {}

export interface NodeLink {
  /** Brings what `read` finds when the request arrives. @throws ConnectionLost */
  ask<T>(read: () => T | Promise<T>): Promise<T>;
  /**
   * Has a batch carried out when it arrives, which may be after the connection was lost, or the node. @throws ConnectionLost,
   * or what `carryOut` throws.
   */
  send(carryOut: () => Promise<void>): Promise<void>;
  pause(ms: number): Promise<void>;
  /** A batch is stored, whether the node learns of it or not. */
  noteStored(write: BatchWrite): Promise<void>;
  saw(sighting: Sighting): void;
}

/**
 * What a change makes of a row that is `current` by now, as the functions of an application's PostgreSQL tables do.
 * @throws StaleBatch if the decision saw another row, and what it changed cannot be added to this one.
 */
export type ChangeRow = (change: RowChange, current: Row | undefined) => Row;
