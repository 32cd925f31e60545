// Whether an expression can find anything in what a service offers: its metrics, their labels, and the values that are asked
// for.
import type { Offered } from './exposition.ts';
import { readPromQl, type Selector } from './promql.ts';

/** Prometheus adds these itself. */
const added = ['instance', 'job'];

const checkSelector = ({ metric, matchers }: Selector, offered: Offered): readonly string[] => {
  if (metric === 'up') return [];
  const labels = offered.get(metric);
  if (labels === undefined) return [`there is no metric ${metric}`];
  return matchers.flatMap(({ label, operator, value }) => {
    if (added.includes(label)) return [];
    const values = labels.get(label);
    if (values === undefined) return [`${metric} has no label ${label}`];
    const wanted = new RegExp(`^(?:${value})$`);
    const isFound = [...values].some((each) => (operator.includes('~') ? wanted.test(each) : each === value));
    return isFound ? [] : [`${metric} is never ${label}${operator}"${value}"`];
  });
};

/** What is wrong with `expression`, and the labels that its result may have. */
export const checkExpression = (
  expression: string,
  offered: Offered,
): { readonly problems: readonly string[]; readonly labels: ReadonlySet<string> } => {
  const { selectors, groupedBy, problems } = readPromQl(expression);
  const labels = new Set([
    ...added,
    ...selectors.flatMap(({ metric }) => [...(offered.get(metric)?.keys() ?? [])]),
  ]);
  return {
    problems: [
      ...problems,
      ...(selectors.length === 0 ? ['it asks for no metric'] : []),
      ...selectors.flatMap((selector) => checkSelector(selector, offered)),
      ...groupedBy
        .filter((label) => !labels.has(label))
        .map((label) => `no metric in it has the label ${label}`),
    ],
    labels: groupedBy.length > 0 ? new Set(groupedBy) : labels,
  };
};
