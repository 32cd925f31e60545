// Ways to break a store's file by hand, and the test that a check notices: one damaged copy of a healthy store
// for each way in which an invariant can be violated.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  damage,
  examineFiles,
  type Files,
  filesIn,
  fill,
  listFindings,
  makeFolder,
} from './doctored-store.ts';

/** The table without its keys and checks, so that it takes anything. */
export const unkeyed = (table: string): string =>
  `CREATE TABLE copy AS SELECT * FROM ${table}; DROP TABLE ${table}; ALTER TABLE copy RENAME TO ${table}`;

export const copyRow = (table: string, where: string, changes: Readonly<Record<string, string>>): string => {
  const set = Object.entries(changes).map(([column, value]) => `${column} = ${value}`);
  return `CREATE TABLE one AS SELECT * FROM ${table} WHERE ${where};
    UPDATE one SET ${set.join(', ')}; INSERT INTO ${table} SELECT * FROM one; DROP TABLE one`;
};
/** One more event at the end of an order's journal. */
export const addEvent = (
  orderId: string,
  type: string,
  changes: Readonly<Record<string, string>> = {},
): string => {
  const seq = `(SELECT max(seq) + 1 FROM events WHERE order_id = '${orderId}')`;
  const position = '(SELECT max(position) + 1 FROM events)';
  const where = `order_id = '${orderId}' AND type = '${type}'`;
  return `${copyRow('events', where, { seq, position, ...changes })};
    UPDATE orders SET last_seq = last_seq + 1 WHERE order_id = '${orderId}'`;
};
export const setSystem = (orderId: string, path: string, value: string): string =>
  `UPDATE orders SET system = json_set(system, '${path}', ${value}) WHERE order_id = '${orderId}'`;

/** A healthy store of this file's tests: `healthy()` once the tests run. */
export const useHealthyStore = (): (() => Files) => {
  const files = filesIn(makeFolder());
  beforeAll(() => fill(files), 60_000);
  return () => files;
};

/** The invariant, what the finding is about, a part of what it says, and the SQL that damages a copy. */
export type Damage = readonly [invariant: string, about: string, problem: string, ...changes: string[]];

/** What the report says, of this invariant and this order (or product, key, table). */
export const findingsOf = async (
  files: Files,
  invariant: string,
  about: string,
): Promise<readonly string[]> => {
  const start = `${invariant} ${about} `;
  const findings = listFindings(await examineFiles(files));
  return findings.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
};

/** Every one of the damaged copies is noticed, with the invariant and the order. */
export const describeDamage = (name: string, healthy: () => Files, damaged: readonly Damage[]): void => {
  describe(name, () => {
    it.each(damaged)('%s is violated by %s: %s', async (invariant, about, problem, ...changes) => {
      const findings = await findingsOf(damage(healthy(), ...changes), invariant, about);
      expect(findings).toContainEqual(expect.stringContaining(problem));
    });
  });
};
