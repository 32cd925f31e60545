// What is delivered between the parts of a system within a step, for observers. It is made only when there are
// any, and nothing of it is stored: a recorded message can be stepped again.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';

/** A message that was delivered to an actor or a service, and what an actor made of it. */
export interface Delivery {
  readonly from: string;
  readonly to: string;
  readonly message: AnyEventObject;
  /** The receiver's snapshots; a service has none. */
  readonly snapshots?: { readonly before: AnyMachineSnapshot; readonly after: AnyMachineSnapshot };
}

/** What an actor logged, for those who debug its chart. */
export interface Logged {
  readonly actor: string;
  readonly label: string | undefined;
  readonly value: unknown;
}

export class Trace {
  /** In the order of delivery. */
  readonly deliveries: Delivery[] = [];
  readonly logged: Logged[] = [];
  /** Who sent what waits in a mailbox. A message that is passed on is its last sender's. */
  readonly #senders = new Map<AnyEventObject, string>();

  noteSent(from: string, message: AnyEventObject): void {
    this.#senders.set(message, from);
  }

  noteTaken(
    to: string,
    message: AnyEventObject,
    before: AnyMachineSnapshot,
    after: AnyMachineSnapshot,
  ): void {
    const from = String(this.#senders.get(message));
    this.deliveries.push({ from, to, message, snapshots: { before, after } });
  }

  noteCalled(from: string, to: string, message: AnyEventObject): void {
    this.deliveries.push({ from, to, message });
  }

  noteLogged(actor: string, label: string | undefined, value: unknown): void {
    this.logged.push({ actor, label, value });
  }
}
