// Under which names the service may be asked, and which pages may change something there: the rules against DNS rebinding
// and pages of other sites, for the API and for the inspector's WebSocket. It knows no route.
import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from './config.ts';

export interface Admission {
  /** Whether `host` (`NAME` or `NAME:PORT`, as in the header Host) is a name of this service. */
  isOurs(host: string | undefined): boolean;
  /**
   * Whether no page sent the request, or one of this service or of an allowed origin.
   * @param host the name that the client asked for
   * @param isSecure the client asked over TLS
   */
  isOurPage(headers: IncomingHttpHeaders, host: string | undefined, isSecure?: boolean): boolean;
  /** Whether pages of `origin` may use the API. */
  isAllowed(origin: string): boolean;
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Stricter than an address, which may have a user before the name and a path behind it. */
const hostHeader = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

export const createAdmission = ({
  PUBLIC_HOSTS,
  PUBLIC_URL,
  CORS_ORIGINS,
}: Pick<Settings, 'PUBLIC_HOSTS' | 'PUBLIC_URL' | 'CORS_ORIGINS'>): Admission => {
  const address = URL.parse(PUBLIC_URL);
  const names = new Set([...PUBLIC_HOSTS, ...(address === null ? [] : [address.hostname])]);
  const origins = new Set(CORS_ORIGINS);
  const isTls = (isSecure: boolean, { hostname }: URL): boolean =>
    isSecure || (address?.protocol === 'https:' && address.hostname === hostname);
  return {
    isOurs: (host = '') => {
      const name = hostHeader.exec(host)?.[1]?.toLowerCase();
      return name !== undefined && (loopback.test(name) || names.has(name));
    },
    isOurPage: ({ origin, 'sec-fetch-site': site }, host, isSecure = false) => {
      if (origin === undefined) return site !== 'cross-site';
      if (origins.has(origin) || origin === address?.origin) return true;
      if (site === 'cross-site') return false;
      const page = URL.parse(origin);
      if (page === null || (page.protocol !== 'https:' && isTls(isSecure, page))) return false;
      // The same name with the default port of the page's scheme is the same name without a port.
      return URL.parse(`${page.protocol}//${host}`)?.host === page.host;
    },
    isAllowed: (origin) => origins.has(origin),
  };
};
