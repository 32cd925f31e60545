// What a page of `/metrics` offers: each metric with the values of its labels. It knows no metric by name.

/** By metric, then by label: the values that it has. */
export type Offered = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

const histogramParts = ['_bucket', '_sum', '_count'];

export const readExposition = (page: string): Offered => {
  const offered = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const names = type === 'histogram' ? histogramParts.map((part) => name + part) : [name];
    for (const each of names) offered.set(each, new Map());
  }
  for (const [, name = '', labels = ''] of page.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const known = offered.get(name);
    if (known === undefined) throw new Error(`${name} has no type`);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
  return offered;
};
