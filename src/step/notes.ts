// Reads the notes of a chart's states (`description`, `meta`): which state an actor is in, in words, and why a
// message is ignored there. It decides nothing and has no other source.
import {
  type AnyMachineSnapshot,
  type AnyStateNode,
  getStateNodes,
  type StateValue,
  type StateValueMap,
} from 'xstate';

/** `read`, which reads each object once: the values and active states of a chart are few, are shared, and never change. */
const once = <Key extends object, Value>(read: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    let kept = known.get(key);
    if (kept === undefined) {
      kept = { value: read(key) };
      known.set(key, kept);
    }
    return kept.value;
  };
};

/** The active leaf states as dotted paths: `paying.charging`, and for parallel regions one each. */
export const toPaths = (value: StateValue): readonly string[] =>
  typeof value === 'string' ? [value] : pathsOf(value);

const pathsOf = once((value: StateValueMap): readonly string[] =>
  Object.entries(value).flatMap(([name, inner]) =>
    inner === undefined || Object.keys(inner).length === 0
      ? [name]
      : toPaths(inner).map((path) => `${name}.${path}`),
  ),
);

const nameOf = once((value: StateValueMap): string => pathsOf(value).join(' + '));

/** An actor's state: dotted paths, with parallel regions joined by ` + `. */
export const toStateName = ({ value }: AnyMachineSnapshot): string =>
  typeof value === 'string' ? value : nameOf(value);

/** Whether two state values name the same states. */
export const isSameValue = (one: StateValue | undefined, other: StateValue | undefined): boolean => {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => isSameValue(one[name], other[name]))
  );
};

/** The active leaf states, in the order of the chart. */
export const activeLeaves = ({ _nodes: active }: AnyMachineSnapshot): readonly AnyStateNode[] =>
  leavesOf(active);

const leavesOf = once((active: readonly AnyStateNode[]): readonly AnyStateNode[] =>
  active.filter(({ type }) => type === 'atomic' || type === 'final').sort((a, b) => a.order - b.order),
);

/**
 * Whether one child of each active compound state and all children of each active parallel state are active.
 * XState can leave out the parent of a history state that is re-entered from inside. Such a snapshot would
 * change when it is stored and loaded.
 */
export const isWhole = ({ machine, value, _nodes: active }: AnyMachineSnapshot): boolean =>
  new Set(getStateNodes(machine.root, value)).size === active.length;

/** What is awaited or was reached, in words: the nearest description of every active leaf. */
export const describe = ({ _nodes: active }: AnyMachineSnapshot): string => descriptionOf(active);

const descriptionOf = once((active: readonly AnyStateNode[]): string =>
  leavesOf(active)
    .map((leaf) => nearest(leaf, (node) => node.description))
    .filter((words) => words !== undefined)
    .join('; '),
);

/** Why a message of `type` is ignored in a state, or undefined if the chart gives no reason. */
export const whyIgnoredIn = (node: AnyStateNode, type: string): string | undefined =>
  nearest(node, ({ meta }) => meta?.ignores?.[type]);

/** Why a message of `type` is ignored in the actor's current state. */
export const whyIgnored = (snapshot: AnyMachineSnapshot, type: string): string =>
  activeLeaves(snapshot)
    .map((leaf) => whyIgnoredIn(leaf, type))
    .find((reason) => reason !== undefined) ?? `nothing waits for ${type} in this state`;

const nearest = <T>(
  node: AnyStateNode | undefined,
  read: (node: AnyStateNode) => T | undefined,
): T | undefined => (node === undefined ? undefined : (read(node) ?? nearest(node.parent, read)));
