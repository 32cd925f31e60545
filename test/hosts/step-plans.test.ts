// STEP_PLANS: a host plans transitions unless that is switched off, and its orders are the same either way.
import { afterEach, expect, test, vi } from 'vitest';
import { Configurations } from '../../src/step/configurations.ts';
import { openHost, place, settle, shut } from './harness.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** An order to its end: its recorded messages and events, and how often a configuration was looked for. */
const runOrder = async (settings: Readonly<Record<string, string>>) => {
  const looked = vi.spyOn(Configurations.prototype, 'of');
  const opened = await openHost({ settings });
  const { id } = await place(opened);
  const view = await settle(opened, id);
  const received = await opened.host.received(id, 0, 100);
  const history = await opened.host.history(id, 0, 100);
  await shut(opened);
  const lookUps = looked.mock.calls.length;
  looked.mockRestore();
  return { lookUps, order: { view, received, history } };
};

test('transitions are planned, and with STEP_PLANS=0 none is: the order is the same', async () => {
  const planned = await runOrder({});
  const whole = await runOrder({ STEP_PLANS: '0' });
  expect(planned.lookUps).toBeGreaterThan(10);
  expect(whole.lookUps).toBe(0);
  expect(planned.order.view).toMatchObject({ state: 'completed' });
  expect(planned.order).toEqual(whole.order);
});
