// Every setting and every limit, with its default and its meaning: environment variables and flags,
// checked once at the start. Nothing else reads the environment. `--help` is printed from this list.
import { z } from 'zod';
import { AppError } from './errors.ts';
import { limits, limitsWithoutPlans } from './limits.ts';
import { providerSettings } from './provider-settings.ts';
import { refuseConflicts } from './setting-conflicts.ts';
import {
  count,
  duration,
  hostName,
  isProxy,
  isPublicUrl,
  list,
  oneDay,
  onOff,
  toHostName,
  whole,
} from './setting-values.ts';
import { maskAddress } from './store-address.ts';

/** Whether DATABASE_URL names a PostgreSQL database, which any number of nodes may share. */
export const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);

/** Environment variable → check, default and meaning. The flag is `--payment-delay-ms` and so on. */
export const settingsSchema = z.strictObject({
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: whole(0, 65_535).default(3000).describe('port to listen on; 0 takes any free one and prints it'),
  PUBLIC_HOSTS: list
    .transform((names) => names.map(toHostName))
    .refine((names) => names.every((name) => hostName.test(name)), {
      error: 'must be names without scheme and port, with commas between them, such as shop.example',
    })
    .describe(
      'names beside loopback under which the service may be reached, with commas between them; others are refused (421)',
    ),
  CORS_ORIGINS: list
    .refine((origins) => origins.every((origin) => URL.parse(origin)?.origin === origin), {
      error: 'must be origins with commas between them, such as https://shop.example',
    })
    .describe('origins of other sites whose pages may use the API, with commas between them; left out: none'),
  PUBLIC_URL: z
    .string()
    .default('')
    .refine((text) => text === '' || isPublicUrl(text), {
      error: 'must be an address without query, such as https://shop.example/orders-desk',
    })
    .transform((text) => (URL.parse(text)?.href ?? '').replace(/\/$/, ''))
    .describe(
      'where clients reach the service through a proxy that removes the path in it; links begin with that path, and its name joins PUBLIC_HOSTS',
    ),
  TRUST_PROXY: list
    .refine((names) => names.every(isProxy), {
      error:
        'must be addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, with commas between them',
    })
    .describe(
      'proxies whose X-Forwarded-For, -Host and -Proto are believed: addresses, networks, loopback, linklocal or uniquelocal, with commas between them; left out: none',
    ),
  OPEN_TO_EVERYONE: z
    .enum(['0', '1'])
    .default('0')
    .describe(
      '1 lets everyone who reaches the service do everything, without a key; --open-to-everyone is short for it',
    ),
  SESSION_HOURS: whole(1, 720).default(12).describe('how long a browser stays signed in'),
  REQUESTS_PER_MINUTE: count
    .default(60_000)
    .describe(
      'requests in a minute with one key, unless the key has a limit of its own; more are refused (429)',
    ),
  REQUESTS_PER_MINUTE_AND_ADDRESS: count
    .default(120_000)
    .describe(
      'requests in a minute from one address that is not this machine, whatever their keys; more are refused (429)',
    ),
  MAX_CONNECTIONS_PER_ADDRESS: count
    .default(2000)
    .describe('connections from one address that is neither this machine nor in TRUST_PROXY'),
  INSPECTOR: onOff.describe('0 leaves the inspector out'),
  DOCS: onOff.describe('0 leaves the pages about the API out'),
  METRICS: onOff.describe('0 leaves /metrics out'),
  ADMIN_PORT: whole(0, 65_535)
    .optional()
    .describe(
      'a port of its own for inspector, docs and metrics, beside PORT, where they are then missing; 0 takes any free one; left out: they are on PORT',
    ),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:.+|memory:|postgres(ql)?:\/\/.+)$/,
      'must be sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or memory:',
    )
    .default('sqlite:data/orderchart.db')
    .describe(
      'where orders are kept: sqlite:PATH for one process; postgres://USER:PASSWORD@HOST/DATABASE for any number of nodes (?schema=NAME for another schema than orderchart); or memory: (lost at exit)',
    ),
  LEAVE_UNREADABLE: z
    .enum(['0', '1'])
    .default('0')
    .describe(
      '1 starts although stored orders are on chart versions that are missing here, and leaves them alone; --leave-unreadable is short for it',
    ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe log line that is written'),
  SEED: z
    .string()
    .min(1)
    .max(100)
    .default('orderchart')
    .describe('same seed, same simulated outcomes per order and attempt'),
  ...providerSettings,

  VALIDATE_WITHIN_MS: duration.default(60_000).describe('deadline of the state validating'),
  RESERVE_WITHIN_MS: duration.default(60_000).describe('deadline of the state reserving'),
  PAY_WITHIN_MS: duration.default(300_000).describe('deadline of the state paying'),
  ACTION_WITHIN_MS: duration
    .default(600_000)
    .describe(
      'how long a customer has to confirm a payment at the bank (3-D Secure); RESERVATION_TTL_MS should be longer',
    ),
  AUTHORIZATION_TTL_MS: duration
    .default(604_800_000)
    .describe('how long authorised money waits for its capture, unless the provider says less'),
  COMMIT_WITHIN_MS: duration
    .default(60_000)
    .describe('after this, paid stock that is not sold is an incident'),
  NOTIFY_WITHIN_MS: duration.default(10_000).describe('how long a confirmation may hold an order back'),
  COMPENSATE_WITHIN_MS: duration.default(300_000).describe('after this, giving back is an incident'),
  REFUND_WITHIN_MS: duration
    .default(300_000)
    .describe('after this, a refund that is not done is an incident'),
  RESERVATION_TTL_MS: duration
    .default(900_000)
    .describe('how long stock is held for an order that does not move; never less than money may wait'),
  INVENTORY_ATTEMPTS: whole(1, 100).default(5).describe('tries of a warehouse call before it is an incident'),
  PAYMENT_ATTEMPTS: whole(1, 100)
    .default(5)
    .describe('tries of a gateway call before it is given up or an incident'),
  NOTIFICATION_ATTEMPTS: whole(1, 100).default(5).describe('tries of a message before it is an incident'),
  RETRY_FIRST_DELAY_MS: duration.default(1000).describe('wait before the second try; doubles each time'),
  RETRY_LONGEST_DELAY_MS: duration.default(60_000).describe('longest wait between two tries'),
  CALL_TIMEOUT_MS: whole(1, oneDay).default(10_000).describe('deadline of one call to an outside service'),

  STEP_PLANS: onOff.describe(
    '0 lets XState compute every transition of every order anew, at more than twice the CPU time; 1 computes once what never changes of a transition',
  ),
  MAX_BATCH_ORDERS: count.default(256).describe('orders in one commit, at most'),
  MAX_PENDING_MESSAGES: count
    .default(10_000)
    .describe('messages waiting for a commit before new orders and moves are refused (503)'),
  MAX_WAIT_MS: duration
    .default(2000)
    .describe(
      'requests with new orders and moves are refused (503) where they would wait longer for their commit',
    ),
  CIRCUIT_CALLS: whole(0, 10_000)
    .default(20)
    .describe(
      'last calls of a service whose failures open its circuit (no answer, errors, answers that are none): then none is made for CIRCUIT_OPEN_MS; 0: it never opens',
    ),
  CIRCUIT_FAILED_PERCENT: whole(1, 99)
    .default(80)
    .describe('share of the CIRCUIT_CALLS beyond which their failures open the circuit'),
  CIRCUIT_OPEN_MS: whole(1, oneDay)
    .default(30_000)
    .describe('how long a circuit is open before one call tries the service again'),
  POSTPONE_AT_MOST_MS: duration
    .default(oneDay)
    .describe(
      'how long deadlines that wait for a service are postponed at most while it is paused or its circuit is open; reserved stock stays reserved as long',
    ),
  MAX_CALLS_IN_FLIGHT: count.default(2000).describe('calls to outside services at the same time'),
  MAX_CACHED_ORDERS: count.default(10_000).describe('moving orders kept in memory between their messages'),
  MAX_READS: count
    .default(256)
    .describe('reads (GET) whose answers are under way at the same time; more are refused (503)'),
  MAX_READ_MS: whole(1, oneDay)
    .default(500)
    .describe(
      'ms of work that reads (GET) may take at a stretch while others wait; beyond that they get half of the time, and more are refused (503)',
    ),
  MAX_REFUNDS: count
    .default(100)
    .describe('refunds that one order may be asked for; each stays in its history, which is replayed'),
  MAX_STREAMS: count.default(1000).describe('event streams open at the same time'),
  MAX_STREAMS_PER_KEY: count
    .default(200)
    .describe(
      'event streams of one key at the same time, and streams of the inspector as well (where no keys are asked for: of one address that is not this machine); more are refused (429)',
    ),
  MAX_WAITS_PER_KEY: count
    .default(1000)
    .describe(
      'requests of one key (or one address, likewise) that wait (`Prefer: wait`) at the same time; more are refused (429)',
    ),
  STATELY_INSPECT: z
    .enum(['0', '1'])
    .default('0')
    .describe(
      '1 speaks @statelyai/inspect at ws://…/inspect, without personal data; --inspect is short for it',
    ),
  KEEP_KEYS_HOURS: whole(24, 8760)
    .default(72)
    .describe(
      'how long the answer of an Idempotency-Key is kept, at least 24; after that the key is as new, and a repetition is a new request',
    ),
  POLL_MS: whole(1, oneDay)
    .default(1000)
    .describe('how often rows left by others (ended leases, deadlines) are looked for'),
  HEARTBEAT_MS: whole(1, oneDay)
    .default(15_000)
    .describe('how often an idle event stream shows that it lives'),
  DRAIN_MS: duration.default(10_000).describe('how long a stop waits for calls under way'),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/**
 * Settings from `given` (environment variables, then flags), with defaults for what is absent or empty.
 * @throws AppError `invalid-setting`, one line that names the setting, the value and what is wrong.
 */
export const readSettings = (given: Readonly<Record<string, string | number | undefined>> = {}): Settings => {
  const names = Object.keys(settingsSchema.shape);
  const set = Object.fromEntries(names.flatMap((name) => (given[name] === '' ? [] : [[name, given[name]]])));
  const raw = { ...set, ...toNewestGateway(set) };
  const checked = settingsSchema.safeParse(raw);
  if (checked.success) {
    refuseConflicts(checked.data);
    return checked.data;
  }
  const problem = checked.error.issues[0];
  const name = String(problem?.path[0]);
  const shown = name === 'DATABASE_URL' ? maskAddress(String(raw[name])) : raw[name];
  const value = isSecret(name) ? '' : `=${shown}`;
  throw new AppError('invalid-setting', `Invalid ${name}${value}: ${problem?.message}`);
};

/** A gateway of one's own that is named, and no other provider, is meant for new orders: simulated money would be none. */
const toNewestGateway = ({
  PAYMENT_GATEWAY,
  PAYMENT_GATEWAY_URL,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  PAYMENT_GATEWAY === undefined && PAYMENT_GATEWAY_URL !== undefined ? { PAYMENT_GATEWAY: 'http' } : {};

/** Its value is never printed. */
const isSecret = (name: string): boolean =>
  new Map(Object.entries(settingsSchema.shape)).get(name)?.meta()?.['secret'] === true;

/** The path under which clients reach the service: empty, or such as `/shop`. Every address for them begins with it. */
export const publicPath = ({ PUBLIC_URL }: Pick<Settings, 'PUBLIC_URL'>): string =>
  URL.parse(PUBLIC_URL)?.pathname.replace(/\/$/, '') ?? '';

/** The limits of a host's steps. */
export const toStepLimits = ({ STEP_PLANS }: Pick<Settings, 'STEP_PLANS'>) =>
  STEP_PLANS === '1' ? limits : limitsWithoutPlans;

/** ms that a call is leased to the host that makes it. */
export const leaseMs = ({ CALL_TIMEOUT_MS }: Pick<Settings, 'CALL_TIMEOUT_MS'>): number =>
  CALL_TIMEOUT_MS + limits.leaseMarginMs;

/**
 * ms after its decision until when a call is made: time for one host to die and for another to take over. A
 * later call would act on what its order has given up, so its charts get the reply for an unknown outcome.
 */
export const makeWithinMs = (settings: Pick<Settings, 'CALL_TIMEOUT_MS'>): number =>
  leaseMs(settings) + limits.leaseMarginMs;
