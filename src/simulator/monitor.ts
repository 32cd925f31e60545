// Watches every stored batch of a simulation: checks that each order continues where its last batch left it, counts what
// a campaign must have seen, and keeps the trace. It knows only what was written, and never helps a process.
import { createHash } from 'node:crypto';
import type { Sighting } from '../simulation.ts';
import type { BatchWrite, OrderWrite } from '../store.ts';
import type { Process } from './process.ts';

/** An order, as far as its writes say. */
export interface FollowedOrder {
  readonly version: number;
  readonly events: number;
  readonly state: string;
  readonly chartVersion: string;
  readonly isSettled: boolean;
  /** One of its messages is quarantined. */
  readonly isQuarantined: boolean;
  /** Commands of pending calls by call id. */
  readonly calls: ReadonlyMap<string, string>;
  /** The node that placed it, and the process that wrote it last. */
  readonly placedBy: string;
  readonly process: number;
}

/** An application's own part of the monitor. */
export interface MonitorExtension {
  /** `before` is undefined for a new order. */
  noteOrder(write: OrderWrite, before: FollowedOrder | undefined, process: Process): void;
  /** A whole batch is stored and noted. */
  noteBatch(): Promise<void>;
  noteCrash(): void;
}

export interface Monitor {
  noteWrite(process: Process, write: BatchWrite): Promise<void>;
  /** The disk was full when this was to be written. */
  noteFull(write: BatchWrite): void;
  noteCrash(process: Process, site: string): void;
  saw(sighting: Sighting): void;
  violate(problem: string): void;
  trace(line: string): void;
  order(orderId: string): FollowedOrder | undefined;
  orders(): Iterable<readonly [string, FollowedOrder]>;
  /** Whether a stored batch has decided on a call under this key. */
  hasDecided(key: string): boolean;
  readonly commits: number;
  readonly crashes: Readonly<Record<string, number>>;
  readonly sightings: Readonly<Partial<Record<Sighting, number>>>;
  readonly violations: readonly string[];
  hash(): string;
}

/** A process that crashes this soon after its start is still resuming what another left. */
const recoveryMs = 200;

export const createMonitor = (
  now: () => number,
  extension: MonitorExtension,
  onTrace: ((line: string) => void) | undefined,
): Monitor => {
  const followed = new Map<string, FollowedOrder>();
  const keys = new Set<string>();
  const sightings: Partial<Record<Sighting, number>> = {};
  const crashes: Record<string, number> = {};
  const violations: string[] = [];
  const hash = createHash('sha256');
  let commits = 0;

  const trace = (line: string): void => {
    const full = `${now()} ${line}`;
    hash.update(`${full}\n`);
    onTrace?.(full);
  };
  const violate = (problem: string): void => {
    violations.push(`${now()} ${problem}`);
    trace(`VIOLATION ${problem}`);
  };
  const saw = (sighting: Sighting): void => {
    sightings[sighting] = (sightings[sighting] ?? 0) + 1;
  };
  const noteOrder = (process: Process, write: OrderWrite): void => {
    const before = followed.get(write.orderId);
    const after = follow(process, before, write);
    for (const problem of findGaps(before, after, write)) violate(`${write.orderId} ${problem}`);
    for (const { kind, disposition } of write.received) {
      if (disposition === 'dead') saw('message-quarantined');
      if (kind === 'deadline' && before && before.process !== process.number) saw('deadline-after-takeover');
    }
    for (const { command } of write.calls) keys.add(command.key);
    extension.noteOrder(write, before, process);
    followed.set(write.orderId, after);
    const types = write.received.map(({ type, disposition }) => `${type}:${disposition}`);
    trace(`${process.node} ${write.orderId} v${write.version} ${after.state} ${types.join(' ')}`);
  };

  return {
    noteWrite: async (process, { orders }) => {
      commits += 1;
      for (const order of orders) noteOrder(process, order);
      await extension.noteBatch();
    },
    noteFull: ({ orders }) => {
      if (orders.some(answersCall)) saw('disk-full-before-reply');
    },
    noteCrash: (process, site) => {
      crashes[site] = (crashes[site] ?? 0) + 1;
      trace(`${process.node} crashes at ${site}`);
      if (now() - process.startedAt < recoveryMs) saw('crash-in-recovery');
      extension.noteCrash();
    },
    saw,
    violate,
    trace,
    order: (orderId) => followed.get(orderId),
    orders: () => followed.entries(),
    hasDecided: (key) => keys.has(key),
    get commits() {
      return commits;
    },
    crashes,
    sightings,
    violations,
    hash: () => hash.copy().digest('hex'),
  };
};

const answersCall = ({ received, finishedCalls }: OrderWrite): boolean =>
  finishedCalls.length > 0 && received.some(({ kind }) => kind === 'reply');

const follow = (process: Process, before: FollowedOrder | undefined, write: OrderWrite): FollowedOrder => {
  const calls = new Map(before?.calls);
  for (const callId of write.finishedCalls) calls.delete(callId);
  for (const { callId, command } of write.calls) calls.set(callId, command.type);
  const hasDead = write.received.some(({ disposition }) => disposition === 'dead');
  return {
    version: write.version,
    events: (before?.events ?? 0) + write.events.length,
    state: write.summary.state,
    chartVersion: write.summary.chartVersion,
    isSettled: write.summary.settled,
    isQuarantined: hasDead || (before?.isQuarantined ?? false),
    calls,
    placedBy: before?.placedBy ?? process.node,
    process: process.number,
  };
};

const findGaps = (
  before: FollowedOrder | undefined,
  { calls }: FollowedOrder,
  { version, received, events, summary, wakeAt }: OrderWrite,
): readonly string[] => {
  const problems: string[] = [];
  const { version: lastVersion, events: lastSeq } = before ?? { version: 0, events: 0 };
  if (version !== lastVersion + received.length) {
    problems.push(`has version ${version} after ${lastVersion} and ${received.length} messages`);
  }
  if (received[0]?.version !== lastVersion + 1) problems.push('has a gap between its messages');
  if (events[0] && events[0].seq !== lastSeq + 1) problems.push('has a gap between its events');
  const canMove = summary.settled || summary.incident || wakeAt !== null || calls.size > 0;
  if (!canMove) problems.push(`is ${summary.state}, and nothing will ever wake it`);
  return problems;
};
