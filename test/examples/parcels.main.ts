// Parcels over a SQLite file, in a process of their own: `parcels.main.ts FILE COURIER-LOG COUNT [POINT]`. It places the
// parcels that are not there yet, prints each one that was accepted, and ends when all are settled; with a commit point,
// it kills itself there.
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import { createHost, openSqliteStore } from '../../src/main.ts';
import { createNotes, dieAt, placeAll, print, silent } from './example-process.ts';

const [file = '', courierLog = '', count = '0', crashAt] = process.argv.slice(2);
const note = createNotes(courierLog);

/** Answers that it is busy the first time, and notes what it was asked before it answers. */
const courier: Courier = {
  name: 'courier',
  place: 'outside',
  answer: async ({ command: { key, attempt } }) => {
    note(key);
    return attempt === 1 ? { type: 'courier.busy', reason: 'rain' } : { type: 'courier.collected' };
  },
};

const store = openSqliteStore(file, parcels);
const { host } = await createHost({
  application: parcels,
  store,
  services: { courier },
  settings: silent,
  faults: dieAt(crashAt),
});
const ids = Array.from({ length: Number(count) }, (_, index) => `parcel-${index + 1}`);
await placeAll(host, ids, (parcelId) => ({
  ...{ type: 'parcel.send', parcelId, sender: 'ada', city: 'Oslo' },
}));
await Promise.all(ids.map((id) => host.waitUntilSettled(id, 60_000)));
await host.close();
await store.close();
print('All settled');
