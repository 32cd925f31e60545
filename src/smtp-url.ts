// The address of a mail server in one setting: smtp:// (STARTTLS where the server offers it) or smtps:// (TLS at once),
// with user and password. It connects to nothing.
import { hostName, toHostName } from './setting-values.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
}

/** Undefined for what is no such address, or has anything else in it. */
export const readSmtpUrl = (text: string): SmtpServer | undefined => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')) return undefined;
  if (url.pathname.length > 1 || text.includes('?') || text.includes('#')) return undefined;
  const host = toHostName(decode(url.hostname) ?? '');
  if (!hostName.test(host)) return undefined;
  const secure = url.protocol === 'smtps:';
  const server = {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPorts[url.protocol] : Number(url.port),
    secure,
  };
  const [user, pass] = [decode(url.username), decode(url.password)];
  if (user === undefined || pass === undefined || (user === '') !== (pass === '')) return undefined;
  return user === '' ? server : { ...server, auth: { user, pass } };
};

const defaultPorts = { 'smtp:': 587, 'smtps:': 465 } as const;

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};
