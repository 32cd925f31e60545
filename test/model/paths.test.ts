// Every path through the shipped charts, driven through the HTTP API of a real server: each state,
// transition, deadline and both answers of each guard of every chart, and every state and step of the whole.
// After each new step the API's view, the moves, the journal and the messages agree with the charts.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { toText } from '../../src/testing/coverage.ts';
import { docsFolder } from '../docs/documents.ts';
import { toCoverage } from './coverage.ts';
import { drawCoverage, renderCoverage } from './coverage-page.ts';
import { driveTestPaths } from './drive-paths.ts';
import { toSettings } from './fault-limits.ts';
import { explore } from './graph.ts';
import { planPaths } from './path-plan.ts';
import { chooseTestPaths } from './paths.ts';

const { observer, graphs, groups } = planPaths();
const met = new Set<string>();

describe('the server follows every path of the charts', () => {
  it.each(groups)('%s', { timeout: 120_000 }, async (_, testPaths) => {
    await driveTestPaths(testPaths, observer, met);
  });

  it('covers the charts completely', () => {
    const coverage = toCoverage(observer.items, graphs, met);
    expect(coverage.missing, toText(coverage)).toEqual([]);
    expect(coverage.surprising).toEqual([]);
    console.log(toText(coverage));
  });

  it('matches docs/coverage.md', async () => {
    const kept = await readFile(new URL('coverage.md', docsFolder), 'utf8').catch(() => '');
    const isFresh = kept === renderCoverage(observer, toCoverage(observer.items, graphs, met));
    expect(isFresh, 'docs/coverage.md is stale: run npm run docs').toBe(true);
  });
});

describe('what is not tested', () => {
  it('is what only the omitted path covers', async () => {
    const graph = explore(observer, toSettings(), { whole: true, services: [], most: 0, moves: ['cancel'] });
    const testPaths = chooseTestPaths([graph]);
    const last = testPaths.at(-1);
    if (last === undefined) throw new Error('there is no way');
    const metHere = new Set<string>();
    await driveTestPaths(testPaths.slice(0, -1), observer, metHere);
    const coverage = toCoverage([], [graph], metHere);
    const left = [...graph.whole.steps].filter((step) => last.steps.some(({ met }) => met.includes(step)));
    expect(coverage.missing.length).toBeGreaterThan(0);
    expect(left).toEqual(expect.arrayContaining(coverage.missing.filter((name) => name.includes('→'))));
    expect(toText(coverage)).toContain(`not tested:\n  ${coverage.missing.join('\n  ')}`);
    await driveTestPaths([last], observer, metHere);
    expect(toCoverage([], [graph], metHere).missing).toEqual([]);
  });

  it('is red in the drawing of its chart', () => {
    const missing = [
      'notification: sending.asking',
      'notification: sending.asking, after answerDeadline if mayTryAgain → sending.backingOff',
    ];
    const machine = observer.system.charts.get('notification')?.machine;
    if (machine === undefined) throw new Error('there is no such chart');
    const items = observer.items.filter(({ chart }) => chart === 'notification');
    const lines = drawCoverage(machine, items, missing).split('\n');
    const links = lines.filter((line) => line.includes(' -->|'));
    const place = links.findIndex((line) => line.includes('after answerDeadline if mayTryAgain'));
    expect(lines.filter((line) => line.includes('red'))).toEqual([
      `  linkStyle ${place} stroke:red,color:red`,
      '  style sending_asking stroke:red,color:red',
    ]);
    expect(drawCoverage(machine, items, [])).not.toContain('red');
  });
});
