// The service under kill -9, as a process of its own: at commit points, and at random times under load. What is left is
// audited by the doctor, against the clients' history and the mail server's ledger. A third of the commit points is
// tested each day; `npm run kills` tests them all.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { makeFolder } from '../e2e/server.ts';
import { crashPoints } from './crash-points.ts';
import { randomKill, siteKill } from './kill-plan.ts';
import { runRound } from './kill-round.ts';

const seed = 'kills.test';
const randomKills = 10;
const today = Math.floor(Date.now() / 86_400_000);
const points = crashPoints.filter((_, index) => index % 3 === today % 3);

test('killed at commit points and ten times at random, it loses nothing, charges nobody twice and settles every order', async () => {
  const { path: folder } = await makeFolder();
  const random = createRandom(seed);
  // The random ones come in between, so that they interrupt a service with orders in progress.
  const kills = points.flatMap((point, index) => [
    siteKill({ point }, 2, random),
    ...(index < randomKills ? [randomKill(random)] : []),
  ]);
  const report = await runRound({ folder, seed, kills, ordersPerProcess: 2, capture: 'at-once' });
  // The folder is kept if an expectation fails.
  expect({ folder, violations: report.violations, missed: report.missed }).toEqual({
    folder,
    violations: [],
    missed: [],
  });
  expect(report.kills).toEqual({
    ...Object.fromEntries(points.map((point) => [point, 1])),
    random: randomKills,
  });
  // Not vacuous: orders ended in more than one way.
  expect(Object.keys(report.states)).toEqual(expect.arrayContaining(['cancelled', 'completed']));
  expect(report.orders).toBeGreaterThan(25);
  await rm(folder, { recursive: true });
}, 480_000);
