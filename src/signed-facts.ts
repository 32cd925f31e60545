// Facts that a service outside reports by itself: signed, for one actor of one order. The contract between the route that
// takes them in and the adapter that can read them.
import type { IncomingHttpHeaders } from 'node:http';
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
  /** Why nobody who knows a secret signed `body` lately, in a sentence; undefined: somebody did. */
  whyUnsigned(headers: IncomingHttpHeaders, body: Buffer): string | undefined;
  /**
   * What a signed body says; undefined: nothing about an order of ours.
   * @throws AppError `invalid-request` for a fact of another account or mode, `provider-unavailable` if what it is about
   * cannot be read now: the fact is to be sent again.
   */
  read(body: unknown): Promise<Fact | undefined>;
}
