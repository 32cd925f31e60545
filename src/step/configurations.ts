// The configurations of a chart: the sets of states that are active together, in the order in which they were entered. Each is
// kept once, with its value and tags as XState computes them, and with the plans of the transitions that were taken from it.
import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { type BuiltInAction, renew } from './xstate-internals.ts';

/** An action with the parameters that the chart gives it: a value, or a function of context and event. */
export interface PlannedAction {
  readonly action: BuiltInAction;
  readonly params: unknown;
}

/** A state that is done, and what its final state says about how: a value, or a function of context and event. */
export interface Done {
  readonly type: string;
  readonly output: unknown;
}

/** Actions, and the done events that are raised after them. */
export interface Part {
  readonly actions: readonly PlannedAction[];
  readonly done: readonly Done[];
}

export interface Plan {
  readonly parts: readonly Part[];
  readonly next: Configuration;
}

export interface Configuration {
  readonly nodes: AnyStateNode[];
  readonly value: AnyMachineSnapshot['value'];
  readonly tags: AnyMachineSnapshot['tags'];
  /**
   * From the only active leaf outwards to the root: the states that are asked for a transition, one after the other. Undefined
   * if there are several leaves, or transitions for more than one type of events.
   */
  readonly path: readonly AnyStateNode[] | undefined;
  /** For each active leaf its eventless transitions and those of its ancestors, in the order in which they are tried. */
  readonly eventless: readonly (readonly AnyTransitionDefinition[])[];
  /** Undefined for a transition that has no plan: XState takes it. */
  readonly plans: Map<AnyTransitionDefinition, Plan | undefined>;
}

/** The configurations of one chart that are kept, `most` of them. */
export class Configurations {
  readonly #scope: AnyActorScope;
  readonly #initial: AnyMachineSnapshot;
  readonly #most: number;
  readonly #kept = new Map<string, Configuration>();
  readonly #byNodes = new WeakMap<readonly AnyStateNode[], Configuration>();

  constructor(scope: AnyActorScope, initial: AnyMachineSnapshot, most: number) {
    this.#scope = scope;
    this.#initial = initial;
    this.#most = most;
  }

  get machine(): AnyStateMachine {
    return this.#initial.machine;
  }

  /** The configuration of `nodes`, or undefined if it is not kept and cannot be kept any more. */
  of(nodes: AnyStateNode[]): Configuration | undefined {
    const known = this.#byNodes.get(nodes);
    if (known) return known;
    const key = nodes.map(({ order }) => order).join();
    const kept = this.#kept.get(key) ?? this.#keep(key, nodes);
    // Two states with one id may have one order, too.
    if (!kept?.nodes.every((node, index) => node === nodes[index])) return undefined;
    this.#byNodes.set(nodes, kept);
    return kept;
  }

  #keep(key: string, nodes: AnyStateNode[]): Configuration | undefined {
    const isFull = this.#kept.size >= this.#most;
    const renewed = isFull ? undefined : renew(this.#scope, { ...this.#initial, _nodes: nodes });
    if (renewed === undefined) return undefined;
    const leaves = nodes.filter(isLeaf);
    const { value, tags } = renewed;
    const configuration: Configuration = {
      nodes,
      value,
      tags,
      path: findPath(leaves),
      eventless: leaves.map(findEventless).filter(({ length }) => length > 0),
      plans: new Map(),
    };
    this.#kept.set(key, configuration);
    return configuration;
  }
}

const isLeaf = ({ type }: AnyStateNode): boolean => type === 'atomic' || type === 'final';

const findPath = ([leaf, ...others]: readonly AnyStateNode[]): AnyStateNode[] | undefined => {
  if (leaf === undefined || others.length > 0) return undefined;
  const path = [leaf];
  for (let around = leaf.parent; around !== undefined; around = around.parent) path.push(around);
  const hasWildcard = path.some(({ transitions }) => transitions.keys().some((type) => type.endsWith('*')));
  return hasWildcard ? undefined : path;
};

const findEventless = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...(node.always ?? []),
  ...(node.parent === undefined ? [] : findEventless(node.parent)),
];
