// The test host and the crash explorer: what they promise, and that services that do not keep a key are caught at the
// commit points where it shows.
import { describe, expect, it, test } from 'vitest';
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import type { ServiceCall } from '../../src/service.ts';
import { createTestHost, exploreCrashes, type TestHost } from '../../src/testing.ts';

const message = { type: 'parcel.send', parcelId: 'parcel-1', sender: 'ada', city: 'Oslo' };
const first = { orderId: 'parcel-1', message };

const courierWith = (answer: Courier['answer']) => {
  const courier: Courier = { name: 'courier', place: 'outside', answer };
  return { courier };
};
const collecting = courierWith(async () => ({ type: 'courier.collected' }));
const busy = courierWith(async () => ({ type: 'courier.busy', reason: 'rain' }));

describe('the test host', () => {
  it('fires a deadline at its millisecond, and not before', async () => {
    const host = await createTestHost(parcels, { services: busy });
    expect(await host.place(first)).toMatchObject({ state: 'collecting' });
    await host.untilIdle();
    await host.advance(999);
    expect(await host.view('parcel-1')).toMatchObject({
      state: 'waiting',
      actors: { parcel: { state: 'waiting' } },
    });
    const before = (await host.view('parcel-1')).version;
    await host.advance(1);
    expect((await host.view('parcel-1')).version).toBeGreaterThan(before);
    expect(host.clock.now()).toBe(Date.UTC(2026, 0, 1) + 1000);
  });

  it('gives a move to the chart, and refuses one that it does not take with the open ones', async () => {
    const host = await createTestHost(parcels, { services: busy });
    await host.place(first);
    await host.untilIdle();
    const keep = { orderId: 'parcel-1', to: 'parcel', message: { type: 'parcel.keep', why: 'a gift' } };
    expect(await host.send(keep)).toMatchObject({
      disposition: 'applied',
      view: { state: 'kept', settled: true },
    });
    await expect(host.send(keep)).rejects.toMatchObject({ code: 'move-not-allowed' });
  });

  it('starts again over the same store when it crashes or stops', async () => {
    const host = await createTestHost(parcels, { services: busy });
    await host.place(first);
    await host.untilIdle();
    await host.crash();
    expect(await host.view('parcel-1')).toMatchObject({ state: 'waiting' });
    await host.stop();
    await host.advance(1000);
    expect((await host.view('parcel-1')).actors['parcel']).toMatchObject({ state: 'waiting' });
    expect(host.violations).toEqual([]);
  });

  it('says whether everything is settled', async () => {
    const sent = await createTestHost(parcels, { services: collecting });
    await sent.place(first);
    expect(await sent.untilSettled()).toBe(true);
    const stuck = await createTestHost(parcels, { services: busy });
    await stuck.place(first);
    expect(await stuck.untilSettled()).toBe(false);
    expect(await stuck.view('parcel-1')).toMatchObject({ incidents: [{ reason: 'no-courier' }] });
  });

  it('gives services its clock, on which they take time', async () => {
    const host = await createTestHost(parcels, {
      services: (clock) =>
        courierWith(async () => {
          await new Promise<void>((resolve) => clock.schedule(resolve, 5000));
          return { type: 'courier.collected' };
        }),
    });
    await host.place(first);
    await host.advance(4999);
    expect(await host.view('parcel-1')).toMatchObject({ state: 'collecting' });
    await host.advance(1);
    expect(await host.view('parcel-1')).toMatchObject({ state: 'sent' });
  });

  it('refuses what cannot be, with what to do', async () => {
    await expect(createTestHost(parcels, { services: {} })).rejects.toMatchObject({
      code: 'invalid-setting',
      message: expect.stringContaining('courier'),
    });
    const host = await createTestHost(parcels, { services: busy });
    await expect(host.view('parcel-9')).rejects.toMatchObject({ code: 'order-not-found' });
    await expect(host.advance(-1)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

/** Counts what it collects: once for each key, or each time that it is asked. */
const createWorld = (toName: (call: ServiceCall) => string) => {
  const collected: string[] = [];
  return {
    collected,
    services: courierWith(async (call) => {
      const name = toName(call);
      if (!collected.includes(name)) collected.push(name);
      return { type: 'courier.collected' };
    }),
  };
};
const scenario = async (host: TestHost) => {
  await host.place(first);
};

describe('every single crash', () => {
  it('is tried at each commit point once, and a courier that keeps keys collects once', async () => {
    const report = await exploreCrashes(parcels, {
      world: () => createWorld(({ command }) => command.key),
      scenario,
      check: ({ world }) => expect(world.collected).toEqual(['parcel-1/collect/1']),
    });
    expect(report.failures, report.describe()).toEqual([]);
    const names = report.points.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      ...['recover.before', 'accept.before-commit', 'accept.answered', 'call.before courier.collect'],
      ...['call.after-effect courier.collect', 'reply.before-commit', 'settle.after-commit', 'drain.after'],
    ]) {
      expect(names).toContain(name);
    }
  });

  it('shows a courier that forgets keys, at the points between its act and the stored reply', async () => {
    let asked = 0;
    const report = await exploreCrashes(parcels, {
      world: () =>
        createWorld(() => {
          asked += 1;
          return String(asked);
        }),
      scenario,
      check: ({ world }) => expect(world.collected).toHaveLength(1),
    });
    const places = [
      ...['call.after-effect', 'accept.answered', 'call.after-reply', 'reply.before-commit'],
      'settle.before-commit',
    ];
    expect(report.failures.map(({ name }) => name.split(' ')[0])).toEqual(places);
    expect(report.describe()).toMatch(
      /\d+ crash points, 5 with problems\ncall.after-effect courier.collect\n {2}/,
    );
  });

  it('compares the states of all actors with those of the run without a crash, if nothing else is said', async () => {
    let runs = 0;
    const report = await exploreCrashes(parcels, {
      world: () => {
        runs += 1;
        return { services: runs === 1 ? collecting : busy };
      },
      scenario: async (host) => {
        await host.place(first);
        await host.advance(10_000);
      },
    });
    expect(report.failures.length).toBe(report.points.length);
    expect(report.failures[0]?.problems.join()).toContain(
      'it ends with parcel-1: parcel needsAttention | tally counting; without a crash, with parcel-1: parcel sent',
    );
  });
});

test('a scenario that cannot be explored is refused with the reason', async () => {
  const world = () => ({ services: collecting });
  await expect(exploreCrashes(parcels, { world, scenario: async () => {} })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining('places no order'),
  });
  const check = () => expect('sent').toBe('lost');
  await expect(exploreCrashes(parcels, { world, scenario, check })).rejects.toThrow(/lost/);
});
