// A backup that is broken off by a signal while it copies. It makes no real copy.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createMakeBackup } from '../../src/backup/make-backup.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a backup that is ended by %s leaves nothing of its copy',
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'orderchart-'));
    using kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const before = process.listenerCount(signal);
    const left: string[][] = [];
    const make = createMakeBackup({
      copy: async (_from, to) => {
        writeFileSync(to, 'personal data');
        left.push(readdirSync(folder));
        process.listeners(signal).at(-1)?.(signal);
        left.push(readdirSync(folder));
        throw new Error('the process has ended');
      },
      examine: () => Promise.reject(new Error('there is nothing to examine')),
    });
    const target = join(folder, 'backup.db');
    try {
      await expect(make({ databasePath: 'orderchart.db', target, onProgress: () => {} })).rejects.toThrow(
        'the process has ended',
      );
      expect(left).toEqual([[expect.stringMatching(/^\.orderchart-backup-/)], []]);
      expect(kill.mock.calls).toEqual([[process.pid, signal]]);
      expect(process.listenerCount(signal)).toBe(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
