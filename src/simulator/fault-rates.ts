// How likely each fault is between the processes, their store and the services: data, which only `stopFaults` changes.

/** From 0 to 1 each. */
export interface FaultRates {
  /** A request to a service, or its answer, gets lost. */
  requestLost: number;
  answerLost: number;
  /** A request arrives a second time, later. */
  requestRepeated: number;
  /** The connection breaks before the service did anything. */
  connectionBroken: number;
  /** The service did what it was asked to, and its answer cannot be read. */
  answerMalformed: number;
  /** The service answers that it failed, and did nothing. */
  serviceFailed: number;
  /** The store cannot be reached, its disk is full, or it stores a batch and the answer gets lost. */
  storeAway: number;
  storeFull: number;
  writeUnanswered: number;
  /** What a batch has loaded arrives so late that the store has released the batch. */
  batchLate: number;
  /** A process crashes at a commit point. */
  crash: number;
}

export const noFaults: Readonly<FaultRates> = {
  requestLost: 0,
  answerLost: 0,
  requestRepeated: 0,
  connectionBroken: 0,
  answerMalformed: 0,
  serviceFailed: 0,
  storeAway: 0,
  storeFull: 0,
  writeUnanswered: 0,
  batchLate: 0,
  crash: 0,
};

/** From now on nothing fails any more. */
export const stopFaults = (rates: FaultRates): void => {
  Object.assign(rates, noFaults);
};
