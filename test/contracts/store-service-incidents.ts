// What every store promises of incidents whose subject is a service: one is open under a key, and what is closed stays.
import { expect, it } from 'vitest';
import type { ServiceIncident } from '../../src/service-incidents.ts';
import type { Store } from '../../src/store.ts';
import { noon } from './store-samples.ts';

const toIncident = (incidentId: string, changes: Partial<ServiceIncident> = {}): ServiceIncident => ({
  ...{ incidentId, service: 'gateway', reason: 'unknown-order', text: 'Look at it.', key: incidentId },
  ...{ details: {}, openedAt: noon, closedAt: null, closedBy: null, note: null, ...changes },
});
const closing = { at: noon + 5, by: 'ada', note: 'refunded by hand' };
const rules = { once: false, most: 100 };

export const describeServiceIncidents = (current: () => Store): void => {
  const open = (incident: ServiceIncident, once = false, most = 100) =>
    current().openServiceIncident(incident, { once, most });
  const list = (isOpen: boolean, limit = 10, after?: string) =>
    current().serviceIncidents({ isOpen, limit, ...(after !== undefined && { after }) });

  it('they are read as they were opened, the newest first, in pages', async () => {
    const details = { eventId: 'evt_1', amounts: [1, 2], nested: { ü: null } };
    const all = [toIncident('a', { details }), toIncident('b', { service: 'webhooks' }), toIncident('c')];
    for (const each of all) expect(await open(each)).toEqual(each);
    expect(await list(true)).toEqual(all.toReversed());
    expect(await list(true, 2)).toEqual([all[2], all[1]]);
    expect(await list(true, 2, 'b')).toEqual([all[0]]);
    expect(await list(false)).toEqual([]);
    expect(await current().serviceIncident('a')).toEqual(all[0]);
    expect(await current().serviceIncident('x')).toBeUndefined();
    expect(await current().openServiceIncidents()).toEqual({ gateway: 2, webhooks: 1 });
    await expect(list(true, 2, 'x')).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('one under a key is open: a second one is not stored, and the first one is returned', async () => {
    const first = toIncident('a', { key: 'webhook/1' });
    await open(first);
    expect(await open(toIncident('b', { key: 'webhook/1', text: 'again' }))).toEqual(first);
    expect(await list(true)).toEqual([first]);
  });

  it('one that is closed says who closed it, when and why, and stays', async () => {
    const first = toIncident('a');
    await open(first);
    await open(toIncident('b'));
    expect(await current().closeServiceIncident({ incidentId: 'a' }, closing)).toBe(true);
    const closed = { ...first, closedAt: closing.at, closedBy: 'ada', note: closing.note };
    expect(await list(false)).toEqual([closed]);
    expect(await list(true)).toEqual([toIncident('b')]);
    expect(await list(true, 10, 'a')).toEqual([]);
    const again = { ...closing, by: 'bob' };
    expect(await current().closeServiceIncident({ incidentId: 'a' }, again)).toBe(false);
    expect(await current().closeServiceIncident({ incidentId: 'x' }, closing)).toBe(false);
    expect(await current().serviceIncident('a')).toEqual(closed);
    expect(await current().openServiceIncidents()).toEqual({ gateway: 1 });
  });

  it('one is closed by its key, and under the key another can be opened, unless it is for once', async () => {
    await open(toIncident('a', { key: 'k' }));
    expect(await current().closeServiceIncident({ key: 'k' }, { ...closing, by: null })).toBe(true);
    expect(await current().closeServiceIncident({ key: 'k' }, closing)).toBe(false);
    expect(await open(toIncident('b', { key: 'k' }), true)).toMatchObject({
      ...{ incidentId: 'a', closedAt: closing.at, closedBy: null },
    });
    expect(await list(true)).toEqual([]);
    const second = toIncident('c', { key: 'k' });
    expect(await current().openServiceIncident(second, rules)).toEqual(second);
    expect(await list(true)).toEqual([second]);
  });

  it('as many as may be are open, and not one more', async () => {
    await open(toIncident('a'), false, 2);
    await open(toIncident('b'), false, 2);
    expect(await open(toIncident('c'), false, 2)).toBeUndefined();
    expect(await open(toIncident('d', { key: 'a' }), false, 2)).toEqual(toIncident('a'));
    await current().closeServiceIncident({ key: 'a' }, closing);
    expect(await open(toIncident('c'), false, 2)).toEqual(toIncident('c'));
  });
};
