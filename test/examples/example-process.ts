// What the processes of the examples share: they print what they accepted, note what their services were asked, and kill
// themselves at a commit point.
import { appendFileSync, writeSync } from 'node:fs';
import type { Faults } from '../../src/faults.ts';
import { type Host, readSettings } from '../../src/main.ts';

export const silent = readSettings({ LOG_LEVEL: 'silent' });

export const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

export const createNotes = (path: string) => (line: string) => appendFileSync(path, `${line}\n`);

/** Ends this process as `kill -9` does when it reaches `point`. */
export const dieAt = (point: string | undefined): Faults => ({
  reach: (reached) => {
    if (reached !== point) return;
    print(`Dies at ${reached}`);
    process.kill(process.pid, 'SIGKILL');
  },
});

/** Places what is not there yet, and prints what was accepted. */
export const placeAll = async (
  host: Host,
  ids: readonly string[],
  toMessage: (id: string) => { readonly type: string },
): Promise<void> => {
  const place = async (orderId: string) => {
    if ((await host.get(orderId)) !== undefined) return;
    await host.place({ orderId, message: toMessage(orderId) });
    print(`Accepted ${orderId}`);
  };
  await Promise.all(ids.map(place));
};
