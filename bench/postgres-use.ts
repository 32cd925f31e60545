// What a PostgreSQL server has used so far: CPU time of all its processes, batches that nodes committed, flushes of its log. It changes
// nothing in the database.
import { readdirSync, readFileSync } from 'node:fs';
import { queryOnce } from '../test/support/postgres/database.ts';

/** As Linux counts CPU time for programs. */
const msPerTick = 10;

/** The fields of /proc/PID/stat behind the name: the first is the third of proc(5). Undefined for a process that is gone. */
const readStat = (pid: string): readonly string[] | undefined => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

const sumTicks = (stat: readonly string[], from: number, to: number): number =>
  stat.slice(from, to).reduce((sum, ticks) => sum + Number(ticks), 0);

/** CPU time of the server with this postmaster, sessions that have ended included. Not a number where there is no /proc. */
export const readServerCpuMs = (postmaster: number): number => {
  const own = readStat(String(postmaster));
  if (own === undefined) return Number.NaN;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const sessions = pids.flatMap((pid) => {
    const stat = readStat(pid);
    return stat !== undefined && Number(stat[1]) === postmaster ? [sumTicks(stat, 11, 13)] : [];
  });
  // With the time of children that have ended, which the kernel adds up.
  return sessions.reduce((sum, ticks) => sum + ticks, sumTicks(own, 11, 15)) * msPerTick;
};

const readNumber = async (url: string, sql: string): Promise<number> =>
  Number((await queryOnce(url, sql))[0]?.['number']);

/** Batches that all nodes over this database have committed. */
export const readBatches = (url: string): Promise<number> =>
  readNumber(url, 'SELECT sum(last_batch) AS number FROM orderchart.writers');

/** Flushes of the server's log. A session counts its own when it ends, at the latest. */
export const readFlushes = (url: string): Promise<number> =>
  readNumber(url, "SELECT sum(fsyncs) AS number FROM pg_stat_io WHERE object = 'wal'");

/** Resolves when no other session is left in the database. */
export const untilAlone = async (url: string): Promise<void> => {
  const others = `SELECT count(*) AS number FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
  while ((await readNumber(url, others)) > 0);
};
