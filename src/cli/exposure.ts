// Who may come in where a service is about to listen: what is refused at the start, and what the banner says of it.
import { isThisMachine } from '../callers.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';

type Exposing = Pick<Settings, 'HOST' | 'OPEN_TO_EVERYONE' | 'TRUST_PROXY' | 'PUBLIC_HOSTS' | 'PUBLIC_URL'>;

const waysOut =
  'Make a key first (orderchart keys create --principal NAME --scopes admin), so that every request needs one, or say --open-to-everyone.';

/** The setting with which the service would be reached from elsewhere. */
const findExposing = ({ HOST, TRUST_PROXY, PUBLIC_HOSTS, PUBLIC_URL }: Exposing): string | undefined => {
  if (!isThisMachine(HOST)) return `HOST=${HOST}`;
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

type Pages = Pick<Settings, 'INSPECTOR' | 'DOCS' | 'METRICS' | 'PUBLIC_URL'>;

/** A line for the banner, if there is any page: where they are for whoever opens them. */
export const describePages = (
  { INSPECTOR, DOCS, METRICS, PUBLIC_URL }: Pages,
  address: string,
  adminAddress: string | undefined,
): readonly string[] => {
  const base = adminAddress ?? (PUBLIC_URL || address);
  const pages = [
    ...(INSPECTOR === '1' ? [`Inspector: ${base}/inspector`] : []),
    ...(DOCS === '1' ? [`API: ${base}/docs`] : []),
    // Scraped, not opened: worth a line only where it is not beside the rest of the API.
    ...(METRICS === '1' && adminAddress !== undefined ? [`figures: ${base}/metrics`] : []),
  ];
  const [first, ...others] = pages;
  if (first === undefined) return [];
  return [others.length === 0 ? first : `${first} (${others.join(', ')})`];
};
