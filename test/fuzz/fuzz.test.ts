// Three thousand requests, different ones each day, to a whole service that listens: each gets an answer from the OpenAPI
// document, a refusal leaves no order, and the doctor finds nothing.
import { expect, test } from 'vitest';
import { fuzz } from './fuzz-run.ts';

test('every answer to any request is in the document, and no order is stored in part', async () => {
  const today = Math.floor(Date.now() / 86_400_000);
  const report = await fuzz({ requests: 3000, seed: today, onProgress: () => undefined });
  expect(report.findings).toEqual([]);
  expect(report.requests).toBeGreaterThanOrEqual(3000);
  // Some requests must be accepted, or little was tested.
  expect(report.orders).toBeGreaterThan(20);
  for (const status of ['200', '201', '400', '404', '405', '409', '415', '422']) {
    expect(report.answers[status], status).toBeGreaterThan(10);
  }
}, 120_000);
