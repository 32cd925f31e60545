// Addresses within the page: every view has one that can be sent to a colleague.
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

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
  if (replaces) window.history.replaceState(null, '', address);
  else window.history.pushState(null, '', address);
  window.dispatchEvent(new Event(moved));
};

export const useAddress = (): { readonly parts: readonly string[]; readonly query: URLSearchParams } => {
  const url = new URL(useSyncExternalStore(subscribe, read), window.location.origin);
  const parts = url.pathname.split('/').slice(2).filter(Boolean).map(decodeURIComponent);
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
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
};
