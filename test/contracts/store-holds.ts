// What every store promises of services that are held: each hold is kept as it is written, and calls are claimed by service.
import { expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { ServiceHold } from '../../src/service-holds.ts';
import type { Store } from '../../src/store.ts';
import { free, lease, noon, toCall, toWrite, write } from './store-samples.ts';

const toHold = (holdId: string, changes: Partial<ServiceHold> = {}): ServiceHold => ({
  ...{ holdId, service: 'gateway', kind: 'pause', reason: 'at work', principal: 'clerk', since: noon },
  ...{ resumedAt: null, resumedBy: null, endedAt: null },
  ...changes,
});

export const describeHolds = (current: () => Store): void => {
  it('holds are read as they were written, the oldest first, and a second time instead of the first', async () => {
    const ended = { resumedAt: noon + 1, resumedBy: 'other', endedAt: noon + 2 };
    await current().writeServiceHold(toHold('b', { since: noon + 5, kind: 'circuit', principal: null }));
    await current().writeServiceHold(toHold('a'));
    await current().writeServiceHold(toHold('a', ended));
    expect(await current().serviceHolds()).toEqual([
      toHold('a', ended),
      toHold('b', { since: noon + 5, kind: 'circuit', principal: null }),
    ]);
  });

  it('a hold that is written again keeps its place among those that began at the same time', async () => {
    await current().writeServiceHold(toHold('first'));
    await current().writeServiceHold(toHold('second'));
    await current().writeServiceHold(toHold('first', { endedAt: noon }));
    expect((await current().serviceHolds()).map(({ holdId }) => holdId)).toEqual(['first', 'second']);
  });

  it('of holds that ended the oldest go, those of other services and open ones stay', async () => {
    await current().writeServiceHold(toHold('other', { service: 'mailer', endedAt: noon }));
    await current().writeServiceHold(toHold('open', { since: noon - 1 }));
    for (let index = 0; index <= limits.heldStretches; index += 1) {
      await current().writeServiceHold(toHold(`h${index}`, { since: noon + index, endedAt: noon + index }));
    }
    const ids = (await current().serviceHolds()).map(({ holdId }) => holdId);
    expect(ids).toHaveLength(limits.heldStretches + 2);
    expect(ids).toEqual(expect.arrayContaining(['other', 'open', 'h1']));
    expect(ids).not.toContain('h0');
  });

  it('calls are claimed for some services, or for all but some', async () => {
    const calls = ['gateway', 'mailer'].map((service) => toCall('a', service, { service }));
    await write(current(), [toWrite('a', 0, { calls })], { lease: free });
    const claim = { owner: 'x', now: noon, until: noon, limit: 9, versions: ['1'] };
    const idsOf = async (services: Parameters<Store['claimCalls']>[0]['services'] & object) =>
      (await current().claimCalls({ ...claim, services })).map(({ callId }) => callId);
    expect(await idsOf({ only: ['mailer'] })).toEqual(['mailer']);
    expect(await idsOf({ except: ['mailer'] })).toEqual(['gateway']);
    expect(await idsOf({ only: [] })).toEqual([]);
    expect(await current().callsByService()).toEqual({ gateway: 1, mailer: 1 });
  });

  it('a lease leaves out calls to services that it excepts', async () => {
    const calls = ['gateway', 'mailer'].map((service) => toCall('a', service, { service }));
    await write(current(), [toWrite('a', 0, { calls })], { lease: { ...lease, except: ['mailer'] } });
    const claimed = await current().claimCalls({
      owner: 'x',
      now: noon,
      until: noon,
      limit: 9,
      versions: ['1'],
    });
    expect(claimed.map(({ callId }) => callId)).toEqual(['mailer']);
  });
};
