// Orders that are paid at Stripe's double, which times out after success, loses, doubles and fails, while the service is killed.
// `npm run stripe-campaign` runs more of it.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeFolder } from '../e2e/server.ts';
import { runCampaign } from '../support/stripe/campaign.ts';

test('60 orders at a failing Stripe, killed twice, are all settled, nobody is charged twice, and the reconciliation finds what is planted alone', async () => {
  const { path: folder } = await makeFolder();
  const report = await runCampaign({
    ...{ folder, seed: 'stripe-kills', orders: 60, kills: 2, callTimeoutMs: 1000 },
  });
  // The folder is kept if an expectation fails.
  expect({ folder, problems: report.problems }).toEqual({ folder, problems: [] });
  expect(report.found).toEqual(['amount-differs', 'refund-not-recorded', 'unknown-order']);
  expect(Object.values(report.states).reduce((sum, count) => sum + count, 0)).toBe(60);
  // Not vacuous: orders ended in more than one way.
  expect(Object.keys(report.states)).toEqual(expect.arrayContaining(['cancelled', 'completed']));
  await rm(folder, { recursive: true });
}, 120_000);
