// What a store shows to an examiner, and what an examination comes to: two contracts that meet in `main.ts`.
// Evidence is raw: text stays text, and nothing is refused because it is wrong, for that is what the examiner
// looks for. It is one consistent picture, taken without stopping whoever writes.
import type { ChartSystem } from './step/register.ts';

/** One order's row. Times are ms since 1970. */
export interface OrderRow {
  readonly orderId: string;
  readonly version: number;
  readonly lastSeq: number;
  readonly customerId: string;
  readonly state: string;
  readonly settled: boolean;
  readonly incident: boolean;
  readonly chartVersion: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly wakeAt: number | null;
  readonly unreadable: string | null;
  /** The serialised order system. */
  readonly system: string;
}

/** A recorded message; `data` is its payload as JSON. */
export interface ReceivedRow {
  readonly version: number;
  readonly messageId: string;
  readonly to: string;
  readonly type: string;
  readonly data: string;
  readonly causationId: string | null;
  readonly correlationId: string;
  readonly disposition: string;
  readonly reason: string | null;
  readonly at: number;
}

/** A domain event; `data` is its payload as JSON. */
export interface EventRow {
  readonly position: number;
  readonly seq: number;
  readonly eventId: string;
  readonly actor: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly at: number;
}

/** A pending call; `command` is JSON. */
export interface CallRow {
  readonly callId: string;
  readonly service: string;
  readonly actor: string;
  readonly command: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly at: number;
  readonly keyFirstUsedAt: number;
}

export interface ReservationRow {
  readonly status: string;
  readonly heldAt: number;
  readonly endedAt: number | null;
}

export interface ShareRow {
  readonly productId: string;
  readonly quantity: number;
}

/** A change of a product's counts. `orderId` is null where a person made it. */
export interface StockRow {
  readonly seq: number;
  readonly productId: string;
  readonly orderId: string | null;
  readonly onHand: number;
  readonly held: number;
  readonly sold: number;
  readonly why: string;
}

export interface ProductRow {
  readonly productId: string;
  readonly onHand: number;
  readonly held: number;
  readonly sold: number;
  /** Sums of the shares of its held and its sold reservations. */
  readonly sharesHeld: number;
  readonly sharesSold: number;
}

export interface KeyRow {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly orderId: string;
  readonly status: number;
  /** Whether there is such an order, and whether the kept answer names it. */
  readonly orderExists: boolean;
  readonly bodyNamesOrder: boolean;
}

/** All that a store holds of one order. Without `order` there are traces of an order that is not there. */
export interface Dossier {
  readonly orderId: string;
  readonly order?: OrderRow;
  /** By version. */
  readonly received: readonly ReceivedRow[];
  /** By seq. */
  readonly events: readonly EventRow[];
  readonly calls: readonly CallRow[];
  readonly reservations: readonly ReservationRow[];
  readonly shares: readonly ShareRow[];
  /** By seq. */
  readonly stock: readonly StockRow[];
}

/** One look at how the store itself is kept, and what is wrong with it, in words. */
export interface StorageLook {
  readonly about: string;
  readonly problems: readonly string[];
}

/** One consistent picture of a store. Everything is read in pages, so that memory does not grow with it. */
export interface Evidence {
  /** What was committed before this time (ms since 1970) is in the picture. */
  readonly takenAt: number;
  orderCount(): Promise<number>;
  storage(): AsyncIterable<StorageLook>;
  /** By order id, as `compareIds` sorts them. */
  dossiers(): AsyncIterable<readonly Dossier[]>;
  /** By seq. */
  stockLedger(): AsyncIterable<readonly StockRow[]>;
  products(): AsyncIterable<readonly ProductRow[]>;
  /** By scope and key. */
  idempotencyKeys(): AsyncIterable<readonly KeyRow[]>;
  close(): Promise<void>;
}

const surrogates = /[\ud800-\udfff]/;

/** The order of ids in evidence: that of their UTF-8 bytes. */
export const compareIds = (one: string, other: string): number => {
  if (one === other) return 0;
  if (surrogates.test(one) || surrogates.test(other)) {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return one < other ? -1 : 1;
};

/** One violation: what it is about (an order, a product, a key, the file) and what is wrong with it. */
export interface Finding {
  readonly about: string;
  readonly problem: string;
}

/** What one check came to. */
export interface CheckReport {
  readonly invariant: string;
  readonly sentence: string;
  /** What a person should do about a violation. */
  readonly advice: string;
  readonly checked: number;
  readonly violations: number;
  /** The first of the violations. */
  readonly findings: readonly Finding[];
  /** Why it was not checked, where it was not. */
  readonly skipped?: string;
}

export interface ExaminationReport {
  readonly orders: number;
  readonly violations: number;
  readonly checks: readonly CheckReport[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** How far an examination is. */
export interface ExaminationProgress {
  readonly doing: string;
  readonly orders: number;
  readonly of: number;
}

/** What a gateway can have done under a key. */
export const ledgerResults = ['charged', 'authorized', 'captured', 'voided', 'refunded', 'declined'] as const;

/** One thing that the gateway did, or declined to. */
export interface LedgerEntry {
  /** Where it is in the ledger, from 1. */
  readonly line: number;
  /** ms since 1970, by the gateway's clock. */
  readonly at: number;
  readonly key: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly result: (typeof ledgerResults)[number];
  readonly transactionId: string | null;
}

export interface GatewayLedger {
  /** By order id, as `compareIds` sorts them, and by line. */
  entries(): Iterable<LedgerEntry>;
}

/** How a store is examined. */
export interface Examination {
  /** What the gateway did, for the checks that need it. */
  readonly ledger?: GatewayLedger;
  /** The folder of the file mailer. */
  readonly mailDirectory?: string;
  /** Default true. It is most of the work. */
  readonly replay?: boolean;
  /** Everything has come to rest, it is said: then no order may move, and no call be left. Default false. */
  readonly atRest?: boolean;
  /** Charts that the orders were run with instead of the shipped ones. Then `workers` must be 0. */
  readonly charts?: ChartSystem;
  /** Threads that examine beside this one; 0 (the default): this one does. */
  readonly workers?: number;
  /** How far the gateway's clock may be behind ours. Default 5 minutes. */
  readonly clockToleranceMs?: number;
  onProgress?(progress: ExaminationProgress): void;
}

/** What was found. Trouble with the store itself is a violation of its own, never an exception. */
export type Examine = (evidence: Evidence, given?: Examination) => Promise<ExaminationReport>;

/** What to examine, as the command is told. */
interface ExaminationOrder {
  /** The SQLite file. */
  readonly path: string;
  /** An export of the gateway's ledger (.csv or .jsonl), and the folder of the file mailer. */
  readonly gatewayLedger?: string;
  readonly mailDirectory?: string;
  /** How far the gateway's clock may be behind ours. */
  readonly clockToleranceMs?: number;
  readonly replay: boolean;
  onProgress(progress: ExaminationProgress): void;
}

/**
 * Examines a store that may be in use.
 * @throws AppError `invalid-setting` or `store-unsupported` where there is nothing that can be examined.
 */
export type ExamineStore = (order: ExaminationOrder) => Promise<ExaminationReport>;
