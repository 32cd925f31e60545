// What an examination checks and reports. The engine's own checks are in doctor/; an application adds what it alone
// knows: its tables, its money, how its orders end. Checks read, and never change or repair anything.
import type {
  AuditSource,
  CallRow,
  EventRow,
  Fields,
  OrderRecords,
  OrderRow,
  OutsideRecords,
  ReceivedRow,
} from './audit-source.ts';
import type { Call } from './step/effect.ts';
import type { SystemState } from './step/system-state.ts';

export interface CheckDeclaration {
  /** What holds, in a sentence. */
  readonly sentence: string;
  /** What a person should do about a violation. */
  readonly advice: string;
  /** It can only be checked with the outside records of this name, which this option of the command gives. */
  readonly needs?: { readonly records: string; readonly option: string };
  /** It can only be checked by a replay. */
  readonly needsReplay?: true;
}

/** Where checks note what they looked at and what is wrong, by the name of the check. */
export interface Results<Check extends string = string> {
  /** Notes that a check looked at `number` more things. */
  count(check: Check, number?: number): void;
  violate(check: Check, about: string, problem: string): void;
  /** Counts one more thing, which violates the check unless it `holds`. */
  expect(check: Check, about: string, holds: boolean, problem: () => string): void;
  /** Something was left out of the examination, for a reason that the report gives. */
  leaveOut(reason: string): void;
}

/** How orders are examined. Plain data. */
export interface AuditTerms {
  /** When the picture was taken (ms since 1970): what happened outside later may be missing in it. */
  readonly takenAt: number;
  /** How far the clocks of services may be behind ours, in ms. */
  readonly clockToleranceMs: number;
  readonly replay: boolean;
  /** Everything should have settled: no order may still be in progress. */
  readonly atRest: boolean;
}

/** A recorded message with its payload read. */
export interface AuditedMessage extends ReceivedRow {
  readonly fields: Fields;
}
/** A domain event; `fields` are read when a check asks for them. */
export interface AuditedEvent extends EventRow {
  readonly fields: Fields;
}

/** One order as checks see it. */
export interface AuditedOrder {
  readonly orderId: string;
  readonly order: OrderRow;
  readonly messages: readonly AuditedMessage[];
  readonly events: readonly AuditedEvent[];
  readonly pendingCalls: readonly CallRow[];
  readonly rows: OrderRecords['rows'];
  /** Undefined when the present charts cannot read it. */
  readonly state: SystemState | undefined;
  /** Every call that was ever decided, in order; undefined without a replay, or when it found a difference. */
  readonly calls: readonly Call[] | undefined;
  /** Idempotency keys that services were called with, and when that was first decided (ms since 1970). */
  readonly keys: ReadonlyMap<string, number>;
  /** It is settled, and no incident waits for a person. */
  readonly isAtRest: boolean;
  eventsOf(...types: readonly string[]): readonly AuditedEvent[];
  /** Whether a person resolved an incident of `actor` with this outcome. */
  wasResolved(actor: string, outcome: string): boolean;
}

/** What an application has examined beside what the engine checks of every application. */
export interface Audit {
  /** By name, in the order in which they are reported. */
  readonly checks: Readonly<Record<string, CheckDeclaration>>;
  /** Checks one order. Pure: it may run in any thread. */
  checkOrder(order: AuditedOrder, terms: AuditTerms, results: Results): void;
  /** Checks rows, and outside records, of an order that does not exist. */
  checkOrphan(records: OrderRecords, terms: AuditTerms, results: Results): void;
  /** Checks the application's tables as a whole. */
  checkTables(source: AuditSource, results: Results): Promise<void>;
}

/** One violation: what it is about (an order, a product, a key, the file) and what is wrong with it. */
export interface Finding {
  readonly about: string;
  readonly problem: string;
}

export interface CheckReport {
  /** The check's name. */
  readonly invariant: string;
  readonly sentence: string;
  readonly advice: string;
  readonly checked: number;
  readonly violations: number;
  /** The first of the violations. */
  readonly findings: readonly Finding[];
  /** Why it was not checked, if it was not. */
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

/** How a store is examined. */
export interface Examination extends Partial<Omit<AuditTerms, 'takenAt'>> {
  /** What is kept elsewhere of the orders, by name, for the checks that need it. */
  readonly outside?: Readonly<Record<string, OutsideRecords>>;
  /** Threads that examine beside this one; 0 (the default): this one does. */
  readonly workers?: number;
  onProgress?(progress: ExaminationProgress): void;
}

/** Examines one application's store. A problem with the store itself is a violation of its own, never an exception. */
export type Examine = (source: AuditSource, given?: Examination) => Promise<ExaminationReport>;

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
};

export const numberIn = (fields: Fields, name: string): number | undefined => {
  const value = fields[name];
  return typeof value === 'number' ? value : undefined;
};
