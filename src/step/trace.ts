// What passes between the parts of a system within a step, for whoever looks on. It is made only where somebody
// does, and nothing of it is stored: a recorded message can be stepped again.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';

/** A message that an actor or a service was told, and what an actor made of it. */
export interface Passed {
  readonly from: string;
  readonly to: string;
  readonly message: AnyEventObject;
  /** The taker's snapshots before and after; a service has none. */
  readonly taken?: { readonly was: AnyMachineSnapshot; readonly is: AnyMachineSnapshot };
}

/** What an actor logged, for those who debug its chart. */
export interface Logged {
  readonly actor: string;
  readonly label: string | undefined;
  readonly value: unknown;
}

export class Trace {
  /** In the order in which they were taken. */
  readonly passed: Passed[] = [];
  readonly logged: Logged[] = [];
  /** Who sent what waits in a mailbox. A message that is passed on is its last sender's. */
  readonly #senders = new Map<AnyEventObject, string>();

  noteSent(from: string, message: AnyEventObject): void {
    this.#senders.set(message, from);
  }

  noteTaken(to: string, message: AnyEventObject, was: AnyMachineSnapshot, is: AnyMachineSnapshot): void {
    this.passed.push({ from: String(this.#senders.get(message)), to, message, taken: { was, is } });
  }

  noteCalled(from: string, to: string, message: AnyEventObject): void {
    this.passed.push({ from, to, message });
  }

  noteLogged(actor: string, label: string | undefined, value: unknown): void {
    this.logged.push({ actor, label, value });
  }
}
