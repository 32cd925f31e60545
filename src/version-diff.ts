// What is said of two versions of an application's charts: every difference, and whether it alters what stored orders
// would do; and how one is written. The contract between the command and the comparison; it compares nothing itself.

export type ChangeKind =
  | 'actor'
  | 'state'
  | 'transition'
  | 'deadline'
  | 'message'
  | 'note'
  | 'guard'
  | 'action';

/**
 * One difference. The rule for `alters`: an order that is stored on the old version, and would go on with the charts of
 * the new one, would do something else. So it is true for what such an order can meet:
 *
 * - a state that the old chart can reach, when it is removed or renamed, or has another type, initial state, tags, entry
 *   or exit actions, or when a parallel state gets or loses a region;
 * - a transition or deadline that leaves such a state, when it is added, removed, or has another guard, target, actions
 *   or rank, and when a message is accepted there or no longer;
 * - a guard, action or delay whose implementation differs, if something in such a state uses it under that name;
 * - an actor that is added or removed, a field that the initial context gains (a stored context lacks it), a payload with
 *   another schema, a removed message, another sender, receiver or reply.
 *
 * It is false for notes, and for what such an order does not meet: a new state (the transition into it is what alters),
 * what leaves a new state, a transition behind one that always applies, and names that nothing uses.
 */
export interface Change {
  /** The actor's name; `messages` for the declarations of messages. */
  readonly actor: string;
  readonly kind: ChangeKind;
  readonly change: 'added' | 'removed' | 'changed';
  /** A state's dotted path, `STATE on MESSAGE`, `STATE after DEADLINE`, or a name. */
  readonly where: string;
  /** Which part of it differs, when that is not plain from `before` and `after`. */
  readonly about?: string;
  readonly before?: string;
  readonly after?: string;
  readonly alters: boolean;
}

/** What a difference behind a name begins with: the texts of functions are too long for a line. */
export const implementation = 'its implementation';

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** `+`, `-` or `~`, and `!` if the change alters what stored orders would do. */
export const toMark = ({ change, alters }: Pick<Change, 'change' | 'alters'>): string =>
  `${signs[change]}${alters ? '!' : ''}`;

/** What differs, on one line and without where: `guard: isOurs ⇒ isCurrent`. */
export const toDifference = ({
  about,
  before,
  after,
}: Pick<Change, 'about' | 'before' | 'after'>): string => {
  if (about?.startsWith(implementation)) return about;
  const texts = before !== undefined && after !== undefined ? `${before} ⇒ ${after}` : (after ?? before);
  return [about, texts?.replace(/\s+/g, ' ')].filter((text) => text !== undefined).join(': ');
};

/** A change as one line: `~! state      validating: entry: askToCheck ⇒ none`. */
export const toChangeText = (change: Change): string => {
  const { kind, where } = change;
  const difference = toDifference(change);
  const place = `${toMark(change).padEnd(2)} ${kind.padEnd(10)} ${where}`;
  return difference === '' ? place : `${place}${difference.startsWith('→') ? ' ' : ': '}${difference}`;
};

export interface VersionDiff {
  readonly from: string;
  readonly to: string;
  readonly summary: {
    readonly changes: number;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    /** Changes that alter what stored orders would do. */
    readonly altering: number;
  };
  /** By actor, then in the order of the charts: the same charts give the same list. */
  readonly changes: readonly Change[];
}

/** Compares the versions of one application's charts. */
export interface CompareVersions {
  /** The versions that there are, the newest first. */
  readonly versions: readonly string[];
  /** @throws AppError `invalid-setting` for a version that there is not. */
  compare(from: string, to: string): VersionDiff;
  /**
   * Both versions merged as one picture, an SVG that needs nothing else.
   * @throws AppError `invalid-setting` for a version that there is not.
   */
  draw(from: string, to: string): Promise<string>;
}
