// Facts that a service outside reports by itself: signed, for one actor of one order. The contract between the route that
// takes them in and the adapter that can read them.
import type { AnyEventObject } from 'xstate';

export interface Fact {
  /** The same each time that the fact is sent. */
  readonly id: string;
  readonly orderId: string;
  /** The actor that it is for. */
  readonly to: string;
  readonly message: AnyEventObject;
}

export interface SignedFacts {
  /**
   * Undefined for what says nothing about an order of ours.
   * @throws AppError `signature-invalid`, or `invalid-request` for a fact of another account or mode.
   */
  read(body: Buffer, signature: string | undefined): Fact | undefined;
}
