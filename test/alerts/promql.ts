// What a PromQL expression names: metrics with the labels and values that it selects by, and the labels that it groups by. It
// asks no server.

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface Expression {
  readonly selectors: readonly Selector[];
  readonly groupedBy: readonly string[];
  readonly problems: readonly string[];
}

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
};

const within = (node: SyntaxNode): SyntaxNode[] => [node, ...childrenOf(node).flatMap(within)];

export const readPromQl = (text: string): Expression => {
  const textOf = ({ from, to }: SyntaxNode): string => text.slice(from, to);
  const nodes = within(parser.parse(text).topNode);
  const named = (name: string, among = nodes) => among.filter((node) => node.type.name === name);
  const selectors = named('VectorSelector').map((node) => {
    const inner = within(node);
    const matchers = [...named('UnquotedLabelMatcher', inner), ...named('QuotedLabelMatcher', inner)].map(
      (matcher) => {
        const [label = '', operator = '', value = ''] = childrenOf(matcher).map(textOf);
        return { label, operator, value: value.slice(1, -1) };
      },
    );
    return { metric: named('Identifier', inner).map(textOf)[0] ?? '', matchers };
  });
  return {
    selectors,
    groupedBy: named('GroupingLabels').flatMap((node) => named('LabelName', within(node)).map(textOf)),
    problems: nodes.filter(({ type }) => type.isError).map(({ from }) => `a mistake at ${from}`),
  };
};
