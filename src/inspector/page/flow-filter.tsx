// Which orders the flow shows: by customer, product, chart version and the time when they were placed. It stands
// in the address, as everything that can be looked at.
import type { SyntheticEvent } from 'react';
import type { Chart } from '../shapes.ts';
import { go } from './addresses.tsx';
import { useAnswer } from './live.ts';

const names = ['customerId', 'productId', 'chartVersion', 'placedFrom', 'placedBefore'] as const;

/** The part of an address's query that filters. */
export const readFilter = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams(names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])));

/** The same for the API's list of orders, as far as that can tell. */
export const toOrdersQuery = (filter: URLSearchParams): string => {
  const toTime = (name: string): string | undefined =>
    filter.has(name) ? new Date(Number(filter.get(name))).toISOString() : undefined;
  const asked = {
    customerId: filter.get('customerId') ?? undefined,
    createdFrom: toTime('placedFrom'),
    createdBefore: toTime('placedBefore'),
  };
  const given = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return given.length === 0 ? '' : `&${new URLSearchParams(given)}`;
};

/** As `datetime-local` wants it: the local time without a zone. */
const toLocal = (at: string | null): string => {
  if (at === null) return '';
  const date = new Date(Number(at));
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

interface Catalogue {
  readonly products: readonly { readonly productId: string; readonly name: string }[];
}

export const FlowFilters = ({ query, charts }: { query: URLSearchParams; charts: readonly Chart[] }) => {
  const filter = readFilter(query);
  const catalogue = useAnswer<Catalogue>('/products?limit=100', 'once');
  const versions = [...new Set(charts.map(({ version }) => version))];
  const submit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(event.currentTarget)) {
      if (typeof value !== 'string' || value === '') continue;
      next.set(name, name.startsWith('placed') ? String(new Date(value).getTime()) : value);
    }
    const state = query.get('state');
    if (state !== null) next.set('state', state);
    go(`/inspector${next.size === 0 ? '' : `?${next}`}`);
  };
  return (
    <details className="card filters" open={filter.size > 0}>
      <summary>{filter.size === 0 ? 'Filter' : 'Only some orders are shown'}</summary>
      <form onSubmit={submit} key={filter.toString()}>
        <label>
          Customer
          <input name="customerId" defaultValue={filter.get('customerId') ?? ''} autoComplete="off" />
        </label>
        <label>
          Product
          <select
            name="productId"
            defaultValue={filter.get('productId') ?? ''}
            key={catalogue?.products.length}
          >
            <option value="">any</option>
            {catalogue?.products.map(({ productId, name }) => (
              <option key={productId} value={productId}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Chart version
          <select name="chartVersion" defaultValue={filter.get('chartVersion') ?? ''} key={versions.join()}>
            <option value="">any</option>
            {versions.map((version) => (
              <option key={version}>{version}</option>
            ))}
          </select>
        </label>
        <label>
          Placed from
          <input type="datetime-local" name="placedFrom" defaultValue={toLocal(filter.get('placedFrom'))} />
        </label>
        <label>
          Placed before
          <input
            type="datetime-local"
            name="placedBefore"
            defaultValue={toLocal(filter.get('placedBefore'))}
          />
        </label>
        <div className="row end">
          <button type="submit" className="primary">
            Show these
          </button>
          {filter.size > 0 && (
            <button type="button" onClick={() => go('/inspector')}>
              Show all
            </button>
          )}
        </div>
      </form>
    </details>
  );
};
