// The frame around every view: where one can go, how the connection is, light or dark.
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Link, useAddress } from './addresses.tsx';
import { ChartsView } from './charts-view.tsx';
import { readFilter } from './flow-filter.tsx';
import { FlowView } from './flow-view.tsx';
import { IncidentsView } from './incidents-view.tsx';
import { type Connection, useCharts, useFlow } from './live.ts';
import { OrderView } from './order-view.tsx';
import { ProductsView } from './products-view.tsx';

const useMedia = (query: string): boolean => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
};

const ThemeButton = () => {
  const prefersDark = useMedia('(prefers-color-scheme: dark)');
  const [chosen, setChosen] = useState(() => localStorage.getItem('theme'));
  const theme = chosen ?? (prefersDark ? 'dark' : 'light');
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const other = theme === 'dark' ? 'light' : 'dark';
  const choose = (): void => {
    localStorage.setItem('theme', other);
    setChosen(other);
  };
  return (
    <button type="button" className="plain-button" onClick={choose} aria-label={`Switch to ${other}`}>
      {theme === 'dark' ? '☾' : '☀'}
    </button>
  );
};

const saidOf: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  behind: 'behind',
  offline: 'offline, trying again',
};

const places = [
  ['', 'Flow'],
  ['incidents', 'Incidents'],
  ['products', 'Products'],
  ['charts', 'Charts'],
] as const;

const Header = ({
  place,
  connection,
  incidents,
}: {
  place: string;
  connection: Connection;
  incidents: number;
}) => (
  <header className="top">
    <Link to="/inspector" className="brand">
      Orderchart
    </Link>
    <nav aria-label="Views" className="tabs">
      {places.map(([path, name]) => (
        <Link
          key={path}
          to={`/inspector${path === '' ? '' : `/${path}`}`}
          aria-current={path === place ? 'page' : undefined}
        >
          {name}
          {path === 'incidents' && incidents > 0 && <span className="bubble">{incidents}</span>}
        </Link>
      ))}
    </nav>
    <span className="grow" />
    <output className={`connection ${connection}`}>
      <i />
      {saidOf[connection]}
    </output>
    <ThemeButton />
  </header>
);

export const App = () => {
  const { parts, query } = useAddress();
  const [place = '', id] = parts;
  const charts = useCharts();
  const { frame, samples, connection } = useFlow(place === '' ? readFilter(query).toString() : '');
  const isNarrow = useMedia('(max-width: 760px)');
  return (
    <>
      <a href="#content" className="skip">
        Skip to the content
      </a>
      <Header place={place} connection={connection} incidents={frame?.incidents ?? 0} />
      <main id="content" tabIndex={-1}>
        {place === '' && <FlowView charts={charts} frame={frame} samples={samples} isNarrow={isNarrow} />}
        {place === 'orders' && id !== undefined && <OrderView key={id} orderId={id} charts={charts} />}
        {place === 'incidents' && <IncidentsView count={frame?.incidents ?? 0} />}
        {place === 'products' && <ProductsView />}
        {place === 'charts' && <ChartsView charts={charts} versions={frame?.versions ?? {}} />}
      </main>
    </>
  );
};
