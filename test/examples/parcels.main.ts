// Parcels over a SQLite file, in a process of their own: `parcels.main.ts FILE COURIER-LOG COUNT [POINT]`. It places the
// parcels that are not there yet, prints each one that was accepted, and ends when all are settled; with a commit point,
// it kills itself there.
import { appendFileSync, writeSync } from 'node:fs';
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import { createHost, openSqliteStore, readSettings } from '../../src/main.ts';

const [file = '', courierLog = '', count = '0', crashAt] = process.argv.slice(2);

/** Answers that it is busy the first time, and notes what it was asked before it answers. */
const courier: Courier = {
  name: 'courier',
  place: 'outside',
  answer: async ({ command: { key, attempt } }) => {
    appendFileSync(courierLog, `${key}\n`);
    return attempt === 1 ? { type: 'courier.busy', reason: 'rain' } : { type: 'courier.collected' };
  },
};

const reach = (point: string): void => {
  if (point !== crashAt) return;
  writeSync(1, `Dies at ${point}\n`);
  process.kill(process.pid, 'SIGKILL');
};

const store = openSqliteStore(file, parcels);
const { host } = await createHost({
  application: parcels,
  store,
  services: { courier },
  settings: readSettings({ LOG_LEVEL: 'silent' }),
  faults: { reach },
});
const ids = Array.from({ length: Number(count) }, (_, index) => `parcel-${index + 1}`);
await Promise.all(
  ids.map(async (parcelId) => {
    if ((await host.get(parcelId)) !== undefined) return;
    const message = { type: 'parcel.send', parcelId, sender: 'ada', city: 'Oslo' };
    await host.place({ orderId: parcelId, message });
    writeSync(1, `Accepted ${parcelId}\n`);
  }),
);
await Promise.all(ids.map((id) => host.waitUntilSettled(id, 60_000)));
await host.close();
await store.close();
writeSync(1, 'All settled\n');
