// A graph of everything that can happen, made by xstate/graph from a pure function: its places, what leads from one to
// the next, and the shortest paths. It knows nothing of charts.
import { type EventObject, fromTransition, type TransitionSnapshot } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, type StatePath } from 'xstate/graph';

type Snapshot<Place> = TransitionSnapshot<Place>;

export interface GraphParts<Place extends object, Action extends EventObject> {
  readonly first: Place;
  next(place: Place, action: Action): Place;
  /** What can happen at a place. It is given `next`, which remembers its results. */
  choices(place: Place, next: (place: Place, action: Action) => Place): readonly Action[];
  /** Places with the same key count as one. */
  keyOf(place: Place): string;
  /** More steps mean a graph without end, and an error. */
  readonly limit: number;
}

export interface Edge<Place, Action> {
  readonly from: Place;
  readonly action: Action;
  readonly to: Place;
}

export interface PlaceGraph<Place extends object, Action extends EventObject> {
  readonly first: Place;
  /** A shortest path to each place. */
  readonly paths: readonly StatePath<Snapshot<Place>, Action>[];
  readonly edges: readonly Edge<Place, Action>[];
  readonly next: (place: Place, action: Action) => Place;
  readonly choices: (place: Place) => readonly Action[];
  /** The place that represents all with the same key. */
  readonly representative: (place: Place) => Place | undefined;
}

export const walkGraph = <Place extends object, Action extends EventObject>(
  parts: GraphParts<Place, Action>,
): PlaceGraph<Place, Action> => {
  const { first, limit } = parts;
  const next = remember(parts.next);
  const keys = new WeakMap<Place, string>();
  const keyOf = (place: Place) => recall(keys, place, () => parts.keyOf(place));
  const known = new WeakMap<Place, readonly Action[]>();
  const choices = (place: Place) => recall(known, place, () => parts.choices(place, next));
  const logic = fromTransition<Place, Action, never, undefined>(next, first);
  const options = {
    events: ({ context }: Snapshot<Place>) => choices(context),
    serializeState: ({ context }: Snapshot<Place>) => keyOf(context),
    serializeEvent: (action: Action) => JSON.stringify(action),
    limit,
  };
  const map = getAdjacencyMap(logic, options);
  const representatives = new Map(Object.entries(map).map(([key, { state }]) => [key, state.context]));
  const paths = getShortestPaths(logic, {
    ...options,
    // Only over representatives, so that a path can be driven as it is.
    filterEvents: ({ context }, action) => {
      const reached = next(context, action);
      return representatives.get(keyOf(reached)) === reached;
    },
  });
  return {
    first,
    paths,
    edges: adjacencyMapToArray(map).map(({ state, event, nextState }) => ({
      from: state.context,
      action: event,
      to: nextState.context,
    })),
    next,
    choices,
    representative: (place) => representatives.get(keyOf(place)),
  };
};

/** XState explores a graph once for each question, so results are cached. */
const recall = <Key extends object, T>(known: WeakMap<Key, T>, key: Key, find: () => T): T => {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
};
const remember = <Place extends object, Action>(next: (place: Place, action: Action) => Place) => {
  const known = new WeakMap<Place, Map<string, Place>>();
  return (place: Place, action: Action): Place => {
    const made = recall(known, place, () => new Map<string, Place>());
    const name = JSON.stringify(action);
    const found = made.get(name) ?? next(place, action);
    made.set(name, found);
    return found;
  };
};
