// Addresses within the page: every view has one that can be sent to a colleague.
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

const script = new URL(import.meta.url).pathname;
/** What a proxy puts before all addresses of the service: this file is in `…/inspector/assets`. */
const prefix = script.slice(0, Math.max(0, script.lastIndexOf('/inspector/assets/')));
/** The address, as the browser has to ask for it, of something that the service has at `path`. */
export const toPublic = (path: string): string => prefix + path;

const moved = 'orderchart-moved';
const subscribe = (listener: () => void): (() => void) => {
  for (const name of ['popstate', moved]) window.addEventListener(name, listener);
  return () => {
    for (const name of ['popstate', moved]) window.removeEventListener(name, listener);
  };
};
const read = (): string => window.location.pathname + window.location.search;

/** Goes to another address of the page; `replaces`: instead of the present one in the history. */
export const go = (address: string, replaces = false): void => {
  if (replaces) window.history.replaceState(null, '', toPublic(address));
  else window.history.pushState(null, '', toPublic(address));
  window.dispatchEvent(new Event(moved));
};

export const useAddress = (): { readonly parts: readonly string[]; readonly query: URLSearchParams } => {
  const url = new URL(useSyncExternalStore(subscribe, read), window.location.origin);
  const parts = url.pathname.slice(prefix.length).split('/').slice(2).filter(Boolean).map(decodeURIComponent);
  return { parts, query: url.searchParams };
};

export const toOrder = (id: string, at?: number): string =>
  `/inspector/orders/${encodeURIComponent(id)}${at === undefined ? '' : `?at=${at}`}`;

export const Link = ({
  to,
  children,
  ...rest
}: {
  to: string;
  children: ReactNode;
  className?: string;
  'aria-current'?: 'page' | undefined;
}) => {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={toPublic(to)} onClick={follow} {...rest}>
      {children}
    </a>
  );
};
