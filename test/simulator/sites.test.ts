// A death at each commit point, and for those that are about a command at each command: every one is come by,
// and whatever was under way goes on rightly.
import { describe, expect, it } from 'vitest';
import { crashSites } from '../../src/simulation.ts';
import { crashAt, toWords } from './campaigning.ts';

describe('a process that dies', () => {
  it.each(crashSites.map((site) => [toWords(site), site] as const))(
    'at %s leaves nothing that is not put right',
    { timeout: 120_000 },
    async (_, site) => {
      const { isReached, findings } = await crashAt([site], 8);
      expect(findings).toEqual([]);
      expect(isReached).toBe(true);
    },
  );
});
