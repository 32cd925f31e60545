// The states that a transition exits and enters, as XState computes them (after the algorithm of SCXML), for transitions that
// meet no history state. Nothing here depends on a context or an event.
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** What a transition enters. */
export interface Entered {
  readonly states: ReadonlySet<AnyStateNode>;
  /** Those of them whose initial transition is taken, too. */
  readonly byDefault: ReadonlySet<AnyStateNode>;
  /** A history state decides what is entered: nothing of this can be used. */
  readonly needsHistory: boolean;
}

/** The state within which a transition happens. Undefined if the root itself is exited and entered again. */
export const findDomain = ({
  source,
  target = [],
  reenter,
}: AnyTransitionDefinition): AnyStateNode | undefined => {
  if (!reenter && target.every((state) => state === source || isDescendant(state, source))) return source;
  const common = findAncestors(source).find((ancestor) =>
    target.every((state) => isDescendant(state, ancestor)),
  );
  return common ?? (reenter ? undefined : source.machine.root);
};

/** The active states that a transition with targets exits, innermost first: all that are inside its domain. */
export const findExited = (
  active: readonly AnyStateNode[],
  domain: AnyStateNode | undefined,
): AnyStateNode[] => active.filter((state) => isDescendant(state, domain)).sort((a, b) => b.order - a.order);

/** What a transition with targets enters. */
export const findEntered = (
  { source, target = [], reenter }: AnyTransitionDefinition,
  domain: AnyStateNode | undefined,
): Entered => {
  const entering = new Entering();
  for (const state of target) {
    // A transition within its own state does not enter that state again.
    if (source !== state || source !== domain || reenter) entering.addByDefault(state);
    entering.addDescendants(state);
  }
  for (const state of target) {
    const ancestors = findAncestors(state, domain);
    if (domain?.type === 'parallel') ancestors.push(domain);
    entering.addAncestors(ancestors, domain);
  }
  return entering;
};

class Entering implements Entered {
  readonly states = new Set<AnyStateNode>();
  readonly byDefault = new Set<AnyStateNode>();
  needsHistory = false;

  addByDefault(state: AnyStateNode): void {
    this.states.add(state);
    this.byDefault.add(state);
  }

  addDescendants(state: AnyStateNode): void {
    if (state.type === 'history') this.needsHistory = true;
    else if (state.type === 'parallel') this.#addRegions(state, true);
    else if (state.type === 'compound') {
      for (const initial of state.initial.target) {
        this.addByDefault(initial);
        this.addDescendants(initial);
        this.addAncestors(findAncestors(initial, state), undefined);
      }
    }
  }

  /** Adds the ancestors that are inside `within`, if that is given, and the other regions of those that are parallel. */
  addAncestors(ancestors: readonly AnyStateNode[], within: AnyStateNode | undefined): void {
    for (const ancestor of ancestors) {
      if (within === undefined || isDescendant(ancestor, within)) this.states.add(ancestor);
      if (ancestor.type === 'parallel') this.#addRegions(ancestor, false);
    }
  }

  #addRegions(parallel: AnyStateNode, byDefault: boolean): void {
    for (const region of findChildren(parallel)) {
      if (this.#isEnteredIn(region)) continue;
      if (byDefault) this.addByDefault(region);
      else this.states.add(region);
      this.addDescendants(region);
    }
  }

  #isEnteredIn(region: AnyStateNode): boolean {
    for (const state of this.states) if (isDescendant(state, region)) return true;
    return false;
  }
}

/** Whether all that has to end in `state` has ended while `active` are the active states. */
export const isCompleted = (active: ReadonlySet<AnyStateNode>, state: AnyStateNode): boolean => {
  if (state.type === 'compound')
    return findChildren(state).some((child) => child.type === 'final' && active.has(child));
  if (state.type === 'parallel') return findChildren(state).every((child) => isCompleted(active, child));
  return state.type === 'final';
};

export const hasHistory = ({ states }: AnyStateNode): boolean =>
  Object.values(states).some(({ type }) => type === 'history');

const findChildren = ({ states }: AnyStateNode): AnyStateNode[] =>
  Object.values(states).filter(({ type }) => type !== 'history');

/** From the parent outwards, up to and without `end`. */
const findAncestors = (state: AnyStateNode, end?: AnyStateNode): AnyStateNode[] => {
  const ancestors: AnyStateNode[] = [];
  if (state === end) return ancestors;
  for (let around = state.parent; around !== undefined && around !== end; around = around.parent)
    ancestors.push(around);
  return ancestors;
};

/** Everything is inside of what is outside the root, the root included. */
const isDescendant = (state: AnyStateNode, ancestor: AnyStateNode | undefined): boolean => {
  if (ancestor === undefined) return true;
  for (let around = state.parent; around !== undefined; around = around.parent)
    if (around === ancestor) return true;
  return false;
};
