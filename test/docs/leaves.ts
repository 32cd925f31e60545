// The leaf states of a chart, found in a way of their own: tests hold what others list against it.
import type { AnyStateNode } from 'xstate';

/** Dotted paths of the leaf states, in the order of the chart. */
export const leafPaths = (node: AnyStateNode): string[] =>
  Object.keys(node.states).length === 0
    ? [node.path.join('.')]
    : Object.values(node.states).flatMap(leafPaths);
