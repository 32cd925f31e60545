// The service under kill -9, as a process of its own: at commit points, and at random times under load. What is
// left then is judged by the doctor, by the clients' history and by the mail server's ledger. A third of the commit
// points has its turn today and the others on the next days; `npm run kills` takes them all.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeFolder } from '../e2e/server.ts';
import { everyPoint, randomDeath, siteDeath } from './deaths.ts';
import { runRound } from './kill-round.ts';

const seed = 'kills.test';
const randomKills = 10;
const today = Math.floor(Date.now() / 86_400_000);
const sites = everyPoint.filter((_, index) => index % 3 === today % 3);

test('killed at commit points and ten times at random, nothing is lost, charged twice or left hanging', async () => {
  const { path: folder } = await makeFolder();
  // The random ones come in between, so that they find a shop that is busy.
  const deaths = sites.flatMap((site, index) => [
    siteDeath(site, 2, seed),
    ...(index < randomKills ? [randomDeath(seed, index)] : []),
  ]);
  const report = await runRound({ folder, seed, deaths, ordersPerLife: 2, capture: 'at-once' });
  // The folder stays where something is wrong.
  expect({ folder, violations: report.violations, missed: report.missed }).toEqual({
    folder,
    violations: [],
    missed: [],
  });
  expect(report.kills).toEqual({
    ...Object.fromEntries(sites.map(({ point }) => [point, 1])),
    random: randomKills,
  });
  // Not vacuous: orders came to ends of more than one kind.
  expect(Object.keys(report.states)).toEqual(expect.arrayContaining(['cancelled', 'completed']));
  expect(report.orders).toBeGreaterThan(25);
  await rm(folder, { recursive: true });
}, 480_000);
