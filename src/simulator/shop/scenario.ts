// What a seed means: how the shop is set up, how likely faults are and how often processes die, and what customers are
// like. It draws everything once, before anything happens, and decides nothing afterwards.
import { readSettings, type Settings } from '../../config.ts';
import type { SimulationOrder } from '../../simulation.ts';
import type { FaultPlan } from '../fault-injector.ts';
import { createRandom } from '../random.ts';

export interface Scenario extends FaultPlan {
  readonly settings: Settings;
  /** ms: for how long new customers come. */
  readonly arrivalsMs: number;
  /** ms between a message and its arrival, typically. */
  readonly distanceMs: number;
  /** Most by which a node's clock is ahead or behind, ms. */
  readonly mostSkewMs: number;
  readonly declineRate: number;
  /**
   * Share of the charges that the bank reports by webhook at once; it reports the others later. 0: it never does. Then
   * the nodes' clocks agree, and no request is so late that a look-up could miss its charge, because nobody could ever
   * learn of such money: requests arrive within 0.6 s, and the first look-up waits longer.
   */
  readonly webhookRate: number;
  readonly poisonRate: number;
  readonly cancelRate: number;
  readonly refundRate: number;
  /** On hand of each product at the start. */
  readonly stock: number;
  /** Shares of the charges that the customer has to confirm, and of captured money that is disputed later. */
  readonly questionRate: number;
  readonly disputeRate: number;
  /** Shares of the captures that are of a part, and of the refunds that are of lines. Version 1 of the charts has neither. */
  readonly partRate: number;
  readonly lineRate: number;
}

export const day = 86_400_000;

/** What a node far ahead has set, others find due late: too late, if it is the one that does not know the new charts. */
const mostUpgradeSkewMs = 1000;

export const drawScenario = ({ seed, orders, crashAt, upgrade }: SimulationOrder): Scenario => {
  const random = createRandom(seed, 'scenario');
  const { pick, happens, between } = random;
  const severity = pick([0, 0.5, 1, 1, 2]);
  const upTo = (most: number) => random.fraction() * most * severity;
  const isSilent = happens(0.3);
  const isPlanned = crashAt !== undefined;
  const hasOutage = !isPlanned && happens(0.12);
  const arrivalsMs = between(5000, 2000 * orders + 10_000);
  return {
    settings: {
      ...drawSettings(seed, { hasOutage, isSilent }),
      // The node that keeps the earlier release starts again over orders of the next one.
      ...(upgrade && { LEAVE_UNREADABLE: '1' as const }),
    },
    rates: {
      requestLost: upTo(0.06),
      answerLost: upTo(0.12),
      requestRepeated: isSilent ? 0 : upTo(0.1),
      connectionBroken: upTo(0.05),
      answerMalformed: upTo(0.02),
      serviceFailed: upTo(0.1),
      storeAway: upTo(0.02),
      storeFull: upTo(0.02),
      writeUnanswered: upTo(0.02),
      batchLate: upTo(0.04),
      crash: isPlanned ? 0 : upTo(0.008),
    },
    arrivalsMs,
    faultsMs: arrivalsMs + between(10_000, 90_000),
    killEveryMs: isPlanned ? Number.POSITIVE_INFINITY : between(5000, 120_000) / (severity || 0.1),
    stopEveryMs: isPlanned ? 40_000 : between(20_000, 200_000),
    pauseEveryMs: isPlanned ? Number.POSITIVE_INFINITY : between(10_000, 100_000),
    outage: hasOutage
      ? { afterMs: between(2000, arrivalsMs), lastsMs: day + between(0, 3_600_000) }
      : undefined,
    distanceMs: isSilent ? 1 : pick([1, 20, 200]),
    mostSkewMs: Math.min(
      pick(isSilent ? [0] : [0, 0, 1000, 1_800_000]),
      upgrade ? mostUpgradeSkewMs : Number.POSITIVE_INFINITY,
    ),
    declineRate: pick([0, 0.1, 0.1, 0.4]),
    webhookRate: isSilent ? 0 : pick([0.2, 0.8]),
    poisonRate: happens(0.3) ? 0.08 : 0,
    cancelRate: pick([0.1, 0.1, 0.5]),
    refundRate: pick([0.1, 0.4]),
    stock: pick([2, 1, 4]) * orders,
    questionRate: upgrade ? 0 : pick([0, 0.1, 0.3]),
    disputeRate: upgrade || isSilent ? 0 : pick([0, 0.1, 0.2]),
    partRate: upgrade ? 0 : 0.3,
    lineRate: upgrade ? 0 : 0.4,
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
    // A charge that is still wanted after a day meets a key that the bank has forgotten.
    PAY_WITHIN_MS: hasOutage ? 3 * day : pick([seconds(5, 30), 120_000]),
    AUTHORIZATION_TTL_MS: pick([60_000, 180_000]),
    COMMIT_WITHIN_MS: pick([5000, 60_000]),
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
    ACTION_WITHIN_MS: pick([20_000, 120_000]),
  });
};
