// A crash at each commit point, and for those that are about a command at each command: every one is reached, and
// whatever was under way is finished correctly.
import { describe, expect, it } from 'vitest';
import { crashSites } from '../../src/simulator/shop/sites.ts';
import { crashAt, toWords } from './campaigning.ts';

describe('a process that crashes', () => {
  it.each(crashSites.map((site) => [toWords(site), site] as const))(
    'at %s leaves nothing that its successor does not finish',
    { timeout: 120_000 },
    async (_, site) => {
      const { isReached, findings } = await crashAt([site], 8);
      expect(findings).toEqual([]);
      expect(isReached).toBe(true);
    },
  );
});
