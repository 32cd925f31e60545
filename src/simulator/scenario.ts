// What a seed means: how the shop is set up, how bad the weather is between the processes, how often they die,
// what customers are like. It draws everything once, before anything happens, and decides nothing afterwards.
import { readSettings, type Settings } from '../config.ts';
import type { SimulationOrder } from '../simulation.ts';
import { createRandom } from './random.ts';

/** How likely each trouble is, 0 to 1. All of it ends when the world heals. */
export interface Weather {
  /** A message between a node and a service is lost on its way there, or on its way back. */
  requestLost: number;
  answerLost: number;
  /** A request arrives once more, later. */
  requestRepeated: number;
  /** The connection breaks before the service did anything; the service answers nonsense. */
  connectionBroken: number;
  nonsense: number;
  /** The service says that it failed, and did nothing. */
  failing: number;
  /** The store cannot be reached, is full, or takes a commit and the answer is lost. */
  storeAway: number;
  storeFull: number;
  commitUnanswered: number;
  /** A process dies at a commit point. */
  crash: number;
}

export interface Scenario {
  readonly settings: Settings;
  readonly weather: Weather;
  /** ms: how long customers come in, and how long trouble lasts. */
  readonly comingMs: number;
  readonly troubleMs: number;
  /** A process dies between commit points, is stopped politely, or stands still, every so many ms. */
  readonly killEveryMs: number;
  readonly stopEveryMs: number;
  readonly pauseEveryMs: number;
  /** For a day nothing runs; undefined where that does not happen. */
  readonly outageAtMs: number | undefined;
  /** ms between a message and its arrival, typically. */
  readonly distanceMs: number;
  /** Most by which a node's clock is ahead or behind, ms. */
  readonly skewMs: number;
  readonly declineRate: number;
  /**
   * Share of charges that the bank tells of at once; of the others it tells later. 0: it never does, and then
   * the nodes' clocks agree and nothing comes so late that a look-up could miss it, for of such money nobody
   * could ever know: requests arrive within 0.6 s, and the first look-up waits longer.
   */
  readonly factRate: number;
  readonly poisonRate: number;
  readonly cancelRate: number;
  readonly refundRate: number;
  /** On hand of each product at the start. */
  readonly stock: number;
}

export const day = 86_400_000;

export const drawScenario = ({ seed, orders, crashAt }: SimulationOrder): Scenario => {
  const chance = createRandom(seed, 'scenario');
  const { pick, happens, between } = chance;
  const severity = pick([0, 0.5, 1, 1, 2]);
  const upTo = (most: number) => chance.fraction() * most * severity;
  const isSilent = happens(0.3);
  const isPlanned = crashAt !== undefined;
  const hasOutage = !isPlanned && happens(0.12);
  const comingMs = between(5000, 2000 * orders + 10_000);
  return {
    settings: drawSettings(seed, { hasOutage, isSilent }),
    weather: {
      requestLost: upTo(0.06),
      answerLost: upTo(0.12),
      requestRepeated: isSilent ? 0 : upTo(0.1),
      connectionBroken: upTo(0.05),
      nonsense: upTo(0.02),
      failing: upTo(0.1),
      storeAway: upTo(0.02),
      storeFull: upTo(0.02),
      commitUnanswered: upTo(0.02),
      crash: isPlanned ? 0 : upTo(0.008),
    },
    comingMs,
    troubleMs: comingMs + between(10_000, 90_000),
    killEveryMs: isPlanned ? Number.POSITIVE_INFINITY : between(5000, 120_000) / (severity || 0.1),
    stopEveryMs: isPlanned ? 40_000 : between(20_000, 200_000),
    pauseEveryMs: isPlanned ? Number.POSITIVE_INFINITY : between(10_000, 100_000),
    outageAtMs: hasOutage ? between(2000, comingMs) : undefined,
    distanceMs: isSilent ? 1 : pick([1, 20, 200]),
    skewMs: pick(isSilent ? [0] : [0, 0, 1000, 1_800_000]),
    declineRate: pick([0, 0.1, 0.1, 0.4]),
    factRate: isSilent ? 0 : pick([0.2, 0.8]),
    poisonRate: happens(0.3) ? 0.08 : 0,
    cancelRate: pick([0.1, 0.1, 0.5]),
    refundRate: pick([0.1, 0.4]),
    stock: pick([2, 1, 4]) * orders,
  };
};

const drawSettings = (
  seed: number,
  { hasOutage, isSilent }: { readonly hasOutage: boolean; readonly isSilent: boolean },
): Settings => {
  const { pick, between } = createRandom(seed, 'settings');
  const seconds = (least: number, most: number) => between(least * 1000, most * 1000);
  return readSettings({
    SEED: String(seed),
    LOG_LEVEL: 'silent',
    PAYMENT_DELAY_MS: 0,
    MAIL_DELAY_MS: 0,
    PAYMENT_CAPTURE: pick(['at-once', 'at-once', 'later']),
    VALIDATE_WITHIN_MS: pick([2000, 60_000]),
    RESERVE_WITHIN_MS: pick([2000, 60_000]),
    // A charge that is still wanted after a day is what finds keys that were forgotten.
    PAY_WITHIN_MS: hasOutage ? 3 * day : pick([seconds(5, 30), 120_000]),
    AUTHORIZATION_TTL_MS: pick([60_000, 180_000]),
    SELL_WITHIN_MS: pick([5000, 60_000]),
    NOTIFY_WITHIN_MS: pick([500, 10_000]),
    COMPENSATE_WITHIN_MS: pick([10_000, 60_000]),
    REFUND_WITHIN_MS: pick([10_000, 60_000]),
    RESERVATION_TTL_MS: hasOutage ? 3 * day : pick([seconds(3, 20), 120_000, 900_000]),
    INVENTORY_ATTEMPTS: between(1, 5),
    PAYMENT_ATTEMPTS: between(1, 6),
    NOTIFICATION_ATTEMPTS: between(1, 5),
    RETRY_FIRST_DELAY_MS: between(isSilent ? 700 : 100, 2000),
    RETRY_LONGEST_DELAY_MS: seconds(2, 10),
    CALL_TIMEOUT_MS: between(1000, 5000),
    MAX_BATCH_ORDERS: pick([1, 8, 256]),
    MAX_CACHED_ORDERS: pick([1, 4, 10_000]),
    MAX_CALLS_IN_FLIGHT: pick([2, 1000, 1000]),
    MAX_PENDING_MESSAGES: pick([4, 10_000, 10_000]),
    POLL_MS: pick([200, 1000, 3000]),
    DRAIN_MS: pick([0, 2000]),
  });
};
