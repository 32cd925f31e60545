// Three nodes over one PostgreSQL server, each fault once or twice while clients place orders at whichever node answers. What is
// left is audited by the doctor, against the clients' history and the ledgers of gateway and mail server. `npm run nodes` does
// more of it.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeFolder } from '../e2e/server.ts';
import { planFaults } from './faults.ts';
import { runNodeRound } from './node-round.ts';

test('killed, paused, cut off and with a database that crashes, three nodes lose nothing, charge nobody twice and settle every order', async () => {
  const { path: folder } = await makeFolder();
  const seed = 'nodes.test';
  const nodes = 3;
  const faults = planFaults(10, seed, nodes);
  const report = await runNodeRound({ folder, seed, nodes, faults, ordersPerFault: 4 });
  // The folder is kept if an expectation fails.
  expect({ folder, violations: report.violations }).toEqual({ folder, violations: [] });
  expect(report.faults).toEqual({
    ...{ kill: 2, 'commit point': 2, pause: 2, 'lost sessions': 1 },
    ...{ 'lost answer': 1, 'database crash': 1, clock: 1 },
  });
  // Not vacuous: answers were lost, and orders ended in more than one way.
  expect(report.lostAnswers).toBe(1);
  expect(Object.keys(report.states)).toEqual(expect.arrayContaining(['cancelled', 'completed']));
  expect(report.orders).toBeGreaterThan(40);
  await rm(folder, { recursive: true });
}, 300_000);
