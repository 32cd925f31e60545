// One transaction of one connection, from its begin to its commit. It never tries again.
import type { Connection } from './sqlite-connection.ts';

export type Transact = <T>(task: () => T) => T;

/** Each task in one transaction of `connection`, durable when it returns, or not at all. */
export const createTransact = (connection: Connection): Transact => {
  // IMMEDIATE takes the write lock at once: a transaction that reads first and writes later can be refused.
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const rollback = connection.prepare('ROLLBACK');
  return (task) => {
    try {
      begin.run();
      const result = task();
      commit.run();
      return result;
    } catch (error) {
      if (connection.isTransaction) rollback.run();
      throw error;
    }
  };
};
