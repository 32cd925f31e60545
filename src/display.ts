// How people see an application's systems in the inspector: words, colours and forms beside what the charts say
// themselves. All of it can be left out, and nothing of it is stored or decides anything.
import type { Received } from './step/effect.ts';
import type { Move, SystemView } from './step/view.ts';

/** `undoing`: what was done is taken back. */
export type Tone = 'doing' | 'undoing' | 'good' | 'settled' | 'incident';

/** What a system holds of a shared resource, such as stock of a product. */
export interface Holding {
  /** What it holds something of: a product's id. */
  readonly id: string;
  readonly quantity: number;
  /** False before it holds it, and after it released or used it. */
  readonly isHeld: boolean;
  /** When it expires (ms since 1970), or null when it does not. */
  readonly until: number | null;
}

/** A field of a move's form: the request's body has it under `name`. */
export interface MoveField {
  readonly name: string;
  readonly label: string;
  readonly isRequired?: boolean;
  /** Only for a move that may state this outcome. */
  readonly outcome?: string;
}

/** Something that is so of a system beside its state: `Payment provider` and `stripe`. */
export interface Fact {
  readonly label: string;
  readonly text: string;
}

/** What a move may ask for instead of everything. Amounts are in minor units of the currency. */
export interface MoveParts {
  readonly currency: string;
  /** The most that it may ask for. */
  readonly upTo: number;
  /** The most of each product that it may name, at the price of one. Empty: it takes an amount alone. */
  readonly lines: readonly {
    readonly productId: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitPrice: number;
  }[];
}

/** How a move is offered and made. */
export interface MoveForm<View extends SystemView = SystemView> {
  /** On its button: `Cancel order`. Left out: its name. */
  readonly label?: string;
  readonly fields?: readonly MoveField[];
  /** The last part of its address. Left out: its name. */
  readonly path?: string;
  readonly isDangerous?: boolean;
  /** It may be made for many systems at once. */
  readonly isBulk?: boolean;
  /** What it does, in one or two sentences. */
  consequence?(view: View): string;
  /** Left out, or undefined: it takes all or nothing. */
  parts?(view: View, move: Move): MoveParts | undefined;
}

export interface Display<View extends SystemView = SystemView> {
  /** What people call an owner (`Customer`) and what is held (`Product`). */
  readonly labels?: { readonly owner?: string; readonly holding?: string };
  /**
   * What an actor does in a state (`Waiting for the bank`), by actor and the state's dotted path; durations are put
   * behind it. Left out: the chart's own description.
   */
  readonly states?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What a message means (`The bank declines the charge`), by its type. Left out: the type alone. */
  readonly messages?: Readonly<Record<string, string>>;
  /** What a deadline ends (`time for the payment`), by its name. Left out: the name. */
  readonly deadlines?: Readonly<Record<string, string>>;
  /** What an incident is, by its reason. Left out: the text that was recorded. */
  readonly incidents?: Readonly<Record<string, string>>;
  /** Colours of the main actor's states and of those within them, by dotted path. Left out: from their tags. */
  readonly tones?: Readonly<Record<string, Tone>>;
  readonly moves?: Readonly<Record<string, MoveForm<View>>>;
  /** The domain event with which a system begins: counted as a new one. */
  readonly started?: string;
  /** The domain event that is counted as success. Left out: the first of the application's `outcomes`. */
  readonly succeeded?: string;
  /** Replies with which a service declines, which is no failure of the service. */
  readonly declines?: readonly string[];
  /** What distinguishes a system in a list, beside its owner: `175.00 USD`. */
  details?(view: View): readonly string[];
  /** What else there is to know of a system. */
  facts?(view: View): readonly Fact[];
  /** What an incident puts at stake, beside `details`: `reserved: 2 × Kettle`. */
  stake?(view: View): string | undefined;
  /** How a system ended and why, in full sentences, once its main actor is settled. `received`: its messages so far. */
  outcome?(view: View, received: readonly Pick<Received, 'type' | 'data'>[]): string;
  /** Which attempt of how many an actor is at (`attempt 2 of 5`), from its context. */
  attempt?(context: Readonly<Record<string, unknown>>): string | undefined;
  holdings?(view: View): readonly Holding[];
}
