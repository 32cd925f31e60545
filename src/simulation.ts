// What a simulation is asked for and what it reports: the contract between the command and the simulator. A simulation
// runs the production step, host and store on a virtual clock, with services, network, crashes and customers that a seed
// decides; the same order gives the same report.
import type { Messages } from './application.ts';
import { type FaultPoint, faultPoints, isFaultPoint } from './faults.ts';

/** A place to crash: a commit point, and for some of them the command that it is about. */
export interface CrashSite {
  readonly point: FaultPoint;
  readonly about?: string;
}

export interface SimulationOrder {
  readonly seed: number;
  /** Orders that customers place, at least 1. */
  readonly orders: number;
  /** Processes that work over the same tables, each with a store of its own if there are several. */
  readonly nodes: number;
  /** The nodes start with the earlier release, and all but the last are upgraded in the middle. */
  readonly upgrade?: boolean;
  /** Crash at these sites, one after the other, each when it is first reached. Left out: at random ones. */
  readonly crashAt?: readonly CrashSite[];
  /** Gets every line of the trace. */
  onTrace?(line: string): void;
}

/** What a campaign must have seen; each is counted. */
export const sightings = {
  'timeout-then-same-key': 'a charge took effect without an answer, and was asked about under the same key',
  'webhook-before-answer': 'the bank reported a charge by webhook before its answer arrived',
  'refund-after-cancel': 'money that was taken after a cancel was refunded',
  'cancel-while-charging': 'an order was cancelled while its charge or capture was pending',
  'expiry-while-charging': 'a reservation expired while the charge was pending',
  'refund-without-answer': 'a refund took effect without an answer',
  'crash-while-compensating': 'a process crashed while an order was compensating',
  'crash-in-recovery': 'a process crashed while it resumed what another had left',
  'stale-order': 'an order in memory was older than in the store, and was loaded again',
  'stale-batch': 'what a batch was decided on had changed before its write, and it was decided again',
  'decided-on-unstored': 'a batch was decided on top of one that was not durable yet',
  'dropped-batch': 'a batch was dropped, because the one that it was decided on could not be stored',
  'counts-added-up': 'two nodes changed the stock of a product at once, and both changes counted',
  'lost-answer-stored': 'the connection broke while a batch was stored, and its node read that it was',
  'lost-batch-fenced': 'a batch arrived after its node had given it up, and was refused',
  'unknown-commit-stored': 'a commit without an answer turned out to be stored',
  'unknown-commit-lost': 'a commit without an answer turned out to be lost',
  'webhook-after-settled': 'a webhook reported to a settled order what it knew already',
  'deadline-after-takeover': 'a deadline fired in a process that had not set it',
  'disk-full-before-reply': 'the disk was full when the reply of a service was to be stored',
  'replay-by-another-node': 'a repeated request was answered from the store by another node',
  'key-expired': 'a key was too old to be sent again, and its outcome was looked up',
  'message-quarantined': 'a message that made its chart throw was quarantined with an incident',
  'earlier-version-served': 'an upgraded node went on with an order on the version before',
  migrated: 'an order was moved to other charts',
  'migrated-while-calling': 'an order was moved to other charts while a call of it was pending',
  'migrated-back': 'an order was moved back, because nothing had happened to it since',
  'customer-answered-bank': 'the bank asked a customer to confirm a payment, and the customer answered',
  'dispute-won': 'a payment was disputed, and the money was kept',
  'dispute-lost': 'a payment was disputed, and the bank took the money back',
  'stock-returned': 'refunded products came back into stock',
  'completed-beside-quarantined': 'an order completed that shares a product with a quarantined one',
} as const;
export type Sighting = keyof typeof sightings;
export const isSighting = (name: string): name is Sighting => Object.hasOwn(sightings, name);

/** How many nodes a seed is simulated with by default. */
export const nodesOf = (seed: number): number => 1 + (seed % 3);

export interface SimulationReport {
  readonly seed: number;
  readonly orders: number;
  readonly nodes: number;
  /** SHA-256 of the whole trace: equal for equal orders. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly commits: number;
  /** Crashes by site (`call.before gateway.charge`); `kill` for those between commit points. */
  readonly crashes: Readonly<Record<string, number>>;
  readonly sightings: Readonly<Partial<Record<Sighting, number>>>;
  /** Orders by their last state. */
  readonly states: Readonly<Record<string, number>>;
  /** The violations, with their virtual times. */
  readonly violations: readonly string[];
}

export type Simulate = (order: SimulationOrder) => Promise<SimulationReport>;

/**
 * Every place to crash: each commit point, and those of calls once for each command that they can be about. Services
 * named in `inside` live in the store.
 */
export const toCrashSites = (messages: Messages, inside: readonly string[]): readonly CrashSite[] => {
  const commands = Object.keys(messages).filter((type) => messages[type]?.call !== undefined);
  const isInside = (type: string) => messages[type]?.to.some((service) => inside.includes(service)) === true;
  const abouts: Readonly<Record<string, readonly string[]>> = {
    stock: commands.filter(isInside),
    call: commands.filter((type) => !isInside(type)),
  };
  return Object.keys(faultPoints)
    .filter(isFaultPoint)
    .flatMap((point): readonly CrashSite[] => {
      const found = abouts[point.split('.')[0] ?? ''];
      return found ? found.map((about) => ({ point, about })) : [{ point }];
    });
};
