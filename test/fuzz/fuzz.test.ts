// Three thousand requests, others each day, to a whole service that listens: each gets an answer that the OpenAPI
// document has, what is refused leaves no order, and the doctor finds nothing.
import { expect, test } from 'vitest';
import { fuzz } from './campaign.ts';

test('whatever is sent, the answers are those of the document, and nothing is half done', async () => {
  const today = Math.floor(Date.now() / 86_400_000);
  const report = await fuzz({ requests: 3000, seed: today, onProgress: () => undefined });
  expect(report.findings).toEqual([]);
  expect(report.requests).toBeGreaterThanOrEqual(3000);
  // Some of it must be taken, or nothing was tried.
  expect(report.orders).toBeGreaterThan(20);
  for (const status of ['200', '201', '400', '404', '405', '409', '415', '422']) {
    expect(report.answers[status], status).toBeGreaterThan(10);
  }
}, 120_000);
