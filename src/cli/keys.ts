// `orderchart keys`: makes, lists, rotates and revokes keys, through the service that holds the store or with the file opened
// by itself. A new key is printed once.
import { parseArgs } from 'node:util';
import {
  type KeyCommands,
  type KeyListing,
  type KeyMaking,
  principalName,
  scopeNames,
  scopes,
} from '../access.ts';
import { type Clock, toIsoTime } from '../clock.ts';
import { AppError } from '../errors.ts';
import { readStoreAddress } from './database-flag.ts';
import { invalidFlag, toAge, toCount } from './flag-values.ts';

const help = `Usage: orderchart keys create --principal NAME --scopes SCOPE[,SCOPE …] [--customer ID] [--expires-in AGE]
                              [--requests-per-minute N] [--refunds-per-day N]
       orderchart keys list
       orderchart keys rotate KEY_ID [--keep-old AGE]
       orderchart keys revoke KEY_ID

Works while the service runs (through its local socket; in PostgreSQL beside any number of nodes) and while it does not. A key is printed once; the store keeps a
hash of it. As soon as there is one key, every request needs one.

  --principal            who the key is for, such as checkout; several keys can belong to one principal
  --scopes               what it opens, with commas between:
${scopeNames.map((name) => `                           ${name.padEnd(14)} ${scopes[name]}`).join('\n')}
  --customer             bound to this customer's orders: it sees and moves no others
  --expires-in           when it ends by itself: 90s, 30m, 12h or 2d; left out: never
  --requests-per-minute  instead of REQUESTS_PER_MINUTE
  --refunds-per-day      the most that it gives back in a day (UTC), in minor units of each currency; what other keys of the
                         principal gave back counts, too
  --keep-old             how long a rotated key stays valid, so that its users can change over [1h]
  --database-url         the store, sqlite:PATH or postgres://… [DATABASE_URL, or sqlite:data/orderchart.db]
  --json                 prints JSON

Exit code: 0 done; 1 it could not be done; 2 wrong usage.`;

const options = {
  principal: { type: 'string' },
  scopes: { type: 'string' },
  customer: { type: 'string' },
  'expires-in': { type: 'string' },
  'requests-per-minute': { type: 'string' },
  'refunds-per-day': { type: 'string' },
  'keep-old': { type: 'string' },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;
const parse = (words: readonly string[]) => parseArgs({ args: [...words], options, allowPositionals: true });
type Values = ReturnType<typeof parse>['values'];

const ofCreating = [
  'principal',
  'scopes',
  'customer',
  'expires-in',
  'requests-per-minute',
  'refunds-per-day',
];
/** What can be done, and the flags that only it takes. */
const actions: Readonly<Record<string, readonly string[]>> = {
  create: ofCreating,
  list: [],
  rotate: ['keep-old'],
  revoke: [],
};
const flagsOfAll: ReadonlySet<string> = new Set(['database-url', 'json', 'help']);

/** Opens the keys of the store at `address`, which is made if it is missing. */
export type ReachKeys = (address: string) => Promise<KeyCommands>;

/** As over HTTP. */
const longestKeepOldMs = 30 * 86_400_000;
const mostDigits = 12;

const toMaking = (values: Values, clock: Clock): KeyMaking => {
  const { principal, customer, 'expires-in': age } = values;
  if (principal === undefined) throw invalidFlag('principal', principal, 'say who the key is for');
  const name = principalName.safeParse(principal);
  if (!name.success) throw invalidFlag('principal', principal, name.error.issues[0]?.message ?? '');
  if (customer !== undefined && !/^\S(?:.{0,198}\S)?$/u.test(customer)) {
    throw invalidFlag('customer', customer, 'it must be the id of a customer, of at most 200 characters');
  }
  const names = (values.scopes ?? '').split(',').flatMap((name) => name.trim() || []);
  const allowed = names.map((name) => {
    const scope = scopeNames.find((each) => each === name);
    if (scope === undefined) throw invalidFlag('scopes', name, `it is one of ${scopeNames.join(', ')}`);
    return scope;
  });
  if (allowed.length === 0) throw invalidFlag('scopes', undefined, `name some of ${scopeNames.join(', ')}`);
  const requestsPerMinute = toCount('requests-per-minute', values['requests-per-minute'], mostDigits);
  const refundsPerDay = toCount('refunds-per-day', values['refunds-per-day'], mostDigits);
  return {
    principal,
    scopes: allowed,
    ...(customer !== undefined && { customerId: customer }),
    ...(age !== undefined && { expiresAt: toIsoTime(clock.now() + toAge('expires-in', age)) }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(refundsPerDay !== undefined && { refundsPerDay }),
  };
};

const toState = ({ revokedAt, expiresAt }: KeyListing, now: number): string => {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return 'valid';
  return Date.parse(expiresAt) <= now ? `expired ${expiresAt}` : `valid until ${expiresAt}`;
};

const toLine = (key: KeyListing, now: number): string => {
  const bound = key.customerId === null ? '' : `, bound to customer ${key.customerId}`;
  const used = key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`;
  return `${key.id}  ${key.principal}  ${key.scopes.join(',')}${bound}  ${toState(key, now)}, ${used}`;
};

const printNew = (made: { readonly key: KeyListing; readonly token: string }, now: number): void => {
  console.error(`Made ${toLine(made.key, now)}`);
  console.error('This is the key. It is shown once; put it where its user reads it:');
  console.log(made.token);
};

const requireId = (words: readonly string[]): string => {
  const [id, ...more] = words;
  if (id !== undefined && more.length === 0) return id;
  throw new AppError('invalid-setting', 'Name the one key, as `orderchart keys list` prints it.');
};

/** @throws AppError `invalid-setting` for what the action does not take: it would be left undone without a word. */
const requireKnown = (action: string, rest: readonly string[], values: Values): void => {
  const taken = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (taken === undefined || (rest.length > 0 && (action === 'create' || action === 'list'))) {
    const text = `There is no 'keys ${[action, ...rest].join(' ')}'. See \`orderchart keys --help\`.`;
    throw new AppError('invalid-setting', text);
  }
  const stray = Object.keys(values).find((flag) => !flagsOfAll.has(flag) && !taken.includes(flag));
  if (stray === undefined) return;
  throw new AppError(
    'invalid-setting',
    `'keys ${action}' takes no --${stray}. See \`orderchart keys --help\`.`,
  );
};

/** Runs the command with `words` behind its name. @throws AppError when it cannot be done. */
export const runKeys = async (words: readonly string[], reach: ReachKeys, clock: Clock): Promise<void> => {
  const { positionals, values } = parse(words);
  const [action = 'help', ...rest] = positionals;
  if (values.help || action === 'help') {
    console.log(help);
    return;
  }
  requireKnown(action, rest, values);
  const making = action === 'create' ? toMaking(values, clock) : undefined;
  const keyId = action === 'rotate' || action === 'revoke' ? requireId(rest) : '';
  const keepOldMs = toAge('keep-old', values['keep-old'] ?? '1h');
  if (keepOldMs > longestKeepOldMs)
    throw invalidFlag('keep-old', values['keep-old'], 'it must be at most 30d');
  // Unlike other commands, it makes the file: the first key comes before the first start.
  const keys = await reach(readStoreAddress(values['database-url'], true));
  const print = (made: Awaited<ReturnType<KeyCommands['create']>>): void =>
    values.json ? console.log(JSON.stringify(made, null, 2)) : printNew(made, clock.now());
  try {
    if (making !== undefined) print(await keys.create(making));
    else if (action === 'rotate') print(await keys.rotate(keyId, keepOldMs));
    else if (action === 'revoke') {
      const revoked = await keys.revoke(keyId);
      console.log(values.json ? JSON.stringify(revoked, null, 2) : `Revoked ${toLine(revoked, clock.now())}`);
    } else {
      const listed = await keys.list();
      if (values.json) console.log(JSON.stringify(listed, null, 2));
      else if (listed.length === 0) console.log('There are no keys: programs on this machine need none.');
      else for (const key of listed) console.log(toLine(key, clock.now()));
    }
  } finally {
    await keys.close();
  }
};
