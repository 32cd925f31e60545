// The frame around every view: navigation, the connection, light or dark.
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Link, useAddress } from './addresses.tsx';
import { ChartsView } from './charts-view.tsx';
import { type PageExtension, useExtension } from './extension.ts';
import { readFilter } from './flow-filter.tsx';
import { FlowView } from './flow-view.tsx';
import { IncidentsView } from './incidents-view.tsx';
import { type Connection, useApplication, useFlow } from './live.ts';
import { OrderView } from './order-view.tsx';
import { ServicesView } from './services-view.tsx';
import { Refusal, SignedIn } from './signed-in.tsx';

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

const connectionTexts: Readonly<Record<Connection, string>> = {
  connecting: 'connecting…',
  live: 'live',
  delayed: 'delayed',
  offline: 'offline, reconnecting…',
  refused: 'refused',
};

const places = [
  { path: '', title: 'Flow' },
  { path: 'incidents', title: 'Incidents' },
  { path: 'services', title: 'Services' },
  { path: 'charts', title: 'Charts' },
] as const;

const Header = ({
  views,
  place,
  connection,
  incidents,
}: {
  views: PageExtension['views'];
  place: string;
  connection: Connection;
  incidents: number;
}) => (
  <header className="top">
    <Link to="/inspector" className="brand">
      Orderchart
    </Link>
    <nav aria-label="Views" className="tabs">
      {[...places, ...views].map(({ path, title }) => (
        <Link
          key={path}
          to={`/inspector${path === '' ? '' : `/${path}`}`}
          aria-current={path === place ? 'page' : undefined}
        >
          {title}
          {path === 'incidents' && incidents > 0 && <span className="bubble">{incidents}</span>}
        </Link>
      ))}
    </nav>
    <span className="grow" />
    <output className={`connection ${connection}`}>
      <i />
      {connectionTexts[connection]}
    </output>
    <SignedIn />
    <ThemeButton />
  </header>
);

export const App = () => {
  const { parts, query } = useAddress();
  const [place = '', id] = parts;
  const application = useApplication();
  const { frame, samples, connection, refusal } = useFlow(place === '' ? readFilter(query).toString() : '');
  const isNarrow = useMedia('(max-width: 760px)');
  const views = useExtension(application?.name)?.views ?? [];
  const added = views.find(({ path }) => path === place);
  return (
    <>
      <a href="#content" className="skip">
        Skip to content
      </a>
      <Header views={views} place={place} connection={connection} incidents={frame?.incidents ?? 0} />
      <main id="content" tabIndex={-1}>
        <Refusal place={parts.join('/')} />
        {connection === 'refused' && <p role="alert">{refusal}</p>}
        {application && place === '' && (
          <FlowView application={application} frame={frame} samples={samples} isNarrow={isNarrow} />
        )}
        {application && place === 'orders' && id !== undefined && (
          <OrderView key={id} orderId={id} application={application} />
        )}
        {application && place === 'incidents' && (
          <IncidentsView application={application} count={frame?.incidents ?? 0} />
        )}
        {application && place === 'services' && <ServicesView application={application} />}
        {application && place === 'charts' && (
          <ChartsView charts={application.charts} versions={frame?.versions ?? {}} />
        )}
        {added && <added.View />}
      </main>
    </>
  );
};
