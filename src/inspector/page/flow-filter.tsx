// Which orders the flow shows: by owner, by what they hold, by chart version and by time. The filter is part of the
// address.
import type { SyntheticEvent } from 'react';
import type { ApplicationInfo } from '../server/protocol.ts';
import { go } from './addresses.tsx';
import { useExtension } from './extension.ts';

const names = ['owner', 'holding', 'chartVersion', 'createdFrom', 'createdBefore'] as const;

/** The part of an address's query that filters. */
export const readFilter = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams(names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])));

/** As `datetime-local` takes it: the local time without a zone. */
const toLocal = (at: string | null): string => {
  if (at === null) return '';
  const date = new Date(Number(at));
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** The address of the flow with what the form says. */
const toAddress = (form: HTMLFormElement, state: string | null): string => {
  const next = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string' || value === '') continue;
    next.set(name, name.startsWith('created') ? String(new Date(value).getTime()) : value);
  }
  if (state !== null) next.set('state', state);
  return `/inspector${next.size === 0 ? '' : `?${next}`}`;
};

export const FlowFilters = ({
  query,
  application: { name, charts, labels },
}: {
  query: URLSearchParams;
  application: ApplicationInfo;
}) => {
  const filter = readFilter(query);
  const readField = (field: (typeof names)[number]): string => filter.get(field) ?? '';
  const HoldingField = useExtension(name)?.HoldingField;
  const versions = [...new Set(charts.map(({ version }) => version))];
  const submit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    go(toAddress(event.currentTarget, query.get('state')));
  };
  return (
    <details className="card filters" open={filter.size > 0}>
      <summary>{filter.size === 0 ? 'Filter' : 'Filtered'}</summary>
      <form onSubmit={submit} key={filter.toString()}>
        <label>
          {labels.owner}
          <input name="owner" defaultValue={readField('owner')} autoComplete="off" />
        </label>
        <label htmlFor="holding">
          {labels.holding}
          {HoldingField ? (
            <HoldingField id="holding" value={readField('holding')} />
          ) : (
            <input id="holding" name="holding" defaultValue={readField('holding')} autoComplete="off" />
          )}
        </label>
        <label>
          Chart version
          <select name="chartVersion" defaultValue={readField('chartVersion')} key={versions.join()}>
            <option value="">Any</option>
            {versions.map((version) => (
              <option key={version}>{version}</option>
            ))}
          </select>
        </label>
        {(
          [
            ['createdFrom', 'Created from'],
            ['createdBefore', 'Created before'],
          ] as const
        ).map(([field, label]) => (
          <label key={field}>
            {label}
            <input type="datetime-local" name={field} defaultValue={toLocal(filter.get(field))} />
          </label>
        ))}
        <div className="row end">
          <button type="submit" className="primary">
            Apply
          </button>
          {filter.size > 0 && (
            <button type="button" onClick={() => go('/inspector')}>
              Clear
            </button>
          )}
        </div>
      </form>
    </details>
  );
};
