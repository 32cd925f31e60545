// What a simulation is asked for and what it comes to: the contract between the command, the simulator and
// whoever puts them together. A simulation runs the production step, runner and store on a virtual clock, with
// services, network, crashes and customers that a seed decides; the same order gives the same report.
import { type FaultPoint, faultPoints } from './faults.ts';

/** A place to crash: a commit point, and where it has one, the command that it is about. */
export interface CrashSite {
  readonly point: FaultPoint;
  readonly about?: string;
}

export interface SimulationOrder {
  readonly seed: number;
  /** Orders that customers place, at least 1. */
  readonly orders: number;
  /** Processes that work over the one store. */
  readonly nodes: number;
  /** Crash just here, one after the other, each at its first passing; left out: wherever chance says. */
  readonly crashAt?: readonly CrashSite[];
  /** Told every line of the trace. */
  onTrace?(line: string): void;
}

/** What a campaign has to have seen; each is counted. */
export const sightings = {
  'time-out-then-same-key': 'a charge took effect without an answer, and was asked about under the same key',
  'fact-before-answer': 'the bank told of a charge unasked before it answered',
  'money-after-cancel-given-back': 'money that was taken after a cancel was given back',
  'cancel-while-charging': 'an order was cancelled while the bank had its charge or capture',
  'expiry-while-charging': 'a reservation expired while the bank had the charge',
  'refund-without-answer': 'a refund took effect without an answer',
  'crash-while-compensating': 'a node died while an order was giving back what it had',
  'crash-in-recovery': 'a node died while it took up what another had left',
  'stale-commit-refused': 'a commit that started from an old version was refused',
  'unknown-commit-was-there': 'a commit without an answer turned out to be stored',
  'unknown-commit-was-not-there': 'a commit without an answer turned out to be lost',
  'fact-after-the-end': 'a settled order was told what it knew already',
  'deadline-after-take-over': 'a deadline rang at a node that had not set it',
  'disk-full-before-result': 'the disk was full when a reply of the bank was to be written',
  'replay-by-another-node': 'a repeated request was answered from the store by another node',
  'key-forgotten': 'a key was too old to be sent again, and its outcome was looked up',
  'message-set-aside': 'a message that made its chart throw was set aside with an incident',
  'poison-beside-healthy': 'an order completed that shares a product with one that is set aside',
} as const;
export type Sighting = keyof typeof sightings;
export const isSighting = (name: string): name is Sighting => Object.hasOwn(sightings, name);

/** How many nodes a seed is simulated with where nobody says otherwise. */
export const nodesOf = (seed: number): number => 1 + (seed % 3);

export interface SimulationReport {
  readonly seed: number;
  readonly orders: number;
  readonly nodes: number;
  /** SHA-256 of the whole trace: equal for equal orders. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly commits: number;
  /** Crashes by site (`call.before gateway.charge`), or `kill` for those between commit points. */
  readonly crashes: Readonly<Record<string, number>>;
  readonly sightings: Readonly<Partial<Record<Sighting, number>>>;
  /** Orders by their last state. */
  readonly states: Readonly<Record<string, number>>;
  /** What did not hold, in words, with the virtual time; empty where everything did. */
  readonly violations: readonly string[];
}

export type Simulate = (order: SimulationOrder) => Promise<SimulationReport>;

const abouts: Readonly<Record<string, readonly string[]>> = {
  stock: ['warehouse.check', 'warehouse.reserve', 'warehouse.commit', 'warehouse.release'],
  call: [
    'gateway.charge',
    'gateway.look-up',
    'gateway.capture',
    'gateway.void',
    'gateway.refund',
    'mailer.send',
  ],
};

const isPoint = (name: string): name is FaultPoint => Object.hasOwn(faultPoints, name);

/** Every place to crash: each commit point, and those that are about a command once for each command. */
export const crashSites: readonly CrashSite[] = Object.keys(faultPoints)
  .filter(isPoint)
  .flatMap((point): readonly CrashSite[] => {
    const commands = abouts[point.split('.')[0] ?? ''];
    return commands ? commands.map((about) => ({ point, about })) : [{ point }];
  });
