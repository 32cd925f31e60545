// Who may come in where a service is about to listen: what is refused at the start, and what the banner says of it.
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';

type Exposing = Pick<Settings, 'HOST' | 'OPEN_TO_EVERYONE' | 'TRUST_PROXY' | 'PUBLIC_HOSTS' | 'PUBLIC_URL'>;

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

const waysOut =
  'Make a key first (orderchart keys create --principal NAME --scopes admin), so that every request needs one, or say --open-to-everyone.';

/** The setting with which the service would be reached from elsewhere. */
const findExposing = ({ HOST, TRUST_PROXY, PUBLIC_HOSTS, PUBLIC_URL }: Exposing): string | undefined => {
  if (!loopback.test(HOST)) return `HOST=${HOST}`;
  if (PUBLIC_URL !== '') return `PUBLIC_URL=${PUBLIC_URL}`;
  if (PUBLIC_HOSTS.length > 0) return `PUBLIC_HOSTS=${PUBLIC_HOSTS.join(',')}`;
  return TRUST_PROXY.length > 0 ? `TRUST_PROXY=${TRUST_PROXY.join(',')}` : undefined;
};

/** @throws AppError `invalid-setting` where others could reach a service that has no keys. */
export const refuseExposure = (settings: Exposing, hasKeys: boolean): void => {
  if (hasKeys || settings.OPEN_TO_EVERYONE === '1') return;
  const setting = findExposing(settings);
  if (setting === undefined) return;
  const text = `Invalid ${setting}: there are no keys, so whoever reaches the service could do everything. ${waysOut}`;
  throw new AppError('invalid-setting', text);
};

/** One line for the banner. */
export const describeAdmission = (settings: Exposing, hasKeys: boolean): string => {
  if (settings.OPEN_TO_EVERYONE === '1') return 'Open to EVERYONE who reaches it, without a key';
  if (hasKeys) return 'Open to callers with a key; browsers sign in at /sign-in';
  return 'Open to programs on this machine alone, without a key (orderchart keys create makes the first one)';
};
