// Which faults the driven paths contain, graph by graph: a small graph for each kind of fault instead of one
// for all of them, so that each is explored in full within a moment. Data only.
import { readSettings, type Settings } from '../../src/config.ts';
import type { FaultLimits } from './graph.ts';
import { callTimeoutMs } from './model.ts';

/** Every wait is different, so that no two events coincide; two attempts, so that retries end soon. */
export const toSettings = (more: Readonly<Record<string, string | number>> = {}): Settings =>
  readSettings({
    VALIDATE_WITHIN_MS: 100_000,
    RESERVE_WITHIN_MS: 110_000,
    PAY_WITHIN_MS: 300_000,
    AUTHORIZATION_TTL_MS: 700_000,
    COMMIT_WITHIN_MS: 120_000,
    NOTIFY_WITHIN_MS: 5000,
    COMPENSATE_WITHIN_MS: 310_000,
    REFUND_WITHIN_MS: 320_000,
    RESERVATION_TTL_MS: 200_000,
    INVENTORY_ATTEMPTS: 2,
    PAYMENT_ATTEMPTS: 2,
    NOTIFICATION_ATTEMPTS: 2,
    RETRY_FIRST_DELAY_MS: 1000,
    RETRY_LONGEST_DELAY_MS: 4000,
    CALL_TIMEOUT_MS: callTimeoutMs,
    POLL_MS: 86_400_000,
    MAX_CALLS_IN_FLIGHT: 100_000,
    ...more,
  });

const atOnce = toSettings();
const later = toSettings({ PAYMENT_CAPTURE: 'later' });
/** The order gives up waiting before its services do. */
const impatient = toSettings({ COMPENSATE_WITHIN_MS: 4000, ACTION_WITHIN_MS: 3000 });

/** The whole system: every state and every step of it counts. */
export const wholes: readonly (readonly [Settings, FaultLimits])[] = [
  [atOnce, { whole: true, services: ['warehouse', 'gateway', 'mailer'], most: 2 }],
  [later, { whole: true, services: ['gateway'], most: 2 }],
  [atOnce, { whole: true, services: [], most: 0, crashes: 1, moves: ['cancel', 'capture'] }],
  // A failure after a crash counts as unknown.
  [atOnce, { whole: true, services: ['gateway'], most: 1, crashes: 1, moves: [] }],
];

/** Each chart alone: what it takes to cover all of its states, transitions, deadlines and guards. */
export const charts: readonly (readonly [Settings, FaultLimits])[] = [
  [atOnce, { services: ['warehouse'], most: 5 }],
  [later, { services: ['gateway'], most: 4 }],
  [atOnce, { services: ['warehouse'], most: 1, facts: ['warehouse'] }],
  [atOnce, { services: ['mailer'], most: 2, facts: ['mailer'] }],
  [
    later,
    { services: ['gateway'], most: 2, facts: ['gateway'], moves: ['cancel', 'capture', 'refund', 'resolve'] },
  ],
  [atOnce, { services: ['gateway'], most: 1, disputes: 3, moves: ['cancel', 'refund', 'resolve'] }],
  // A dispute while the stock is committed, or the notice sent; also of an order that fails then.
  [atOnce, { services: ['warehouse', 'mailer'], most: 1, disputes: 2, moves: [] }],
  // A refund that an operator gave up on, a dispute, and the bank made the refund after all.
  [atOnce, { services: ['gateway'], most: 1, facts: ['gateway'], disputes: 1, moves: ['refund', 'resolve'] }],
  [atOnce, { services: ['warehouse', 'gateway', 'mailer'], most: 2, crashes: 1, crashAfter: 2, moves: [] }],
  [later, { services: ['gateway'], most: 1, crashes: 1, moves: ['capture', 'cancel'] }],
  [atOnce, { services: ['warehouse'], most: 1, moves: ['cancel'], isFree: true }],
  [impatient, { services: ['warehouse', 'gateway'], most: 2, moves: ['cancel', 'retry'] }],
  [atOnce, { services: ['warehouse'], most: 1, crashes: 1, moves: ['refund'] }],
];
