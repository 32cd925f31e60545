// Returns over a SQLite file, in a process of their own: `returns.main.ts FILE BANK-LOG COUNT DAYS [POINT]`. Its clock is so
// many days ahead. It requests the returns that are not there yet, does what people do, and ends when nothing more happens
// today; with a commit point, it kills itself there. The parcel of every second return is never sent.
import { setTimeout as pause } from 'node:timers/promises';
import { type Bank, type Carrier, returns } from '../../examples/returns/returns.ts';
import { createHost, openSqliteStore, type SystemView, systemClock } from '../../src/main.ts';
import { createNotes, dieAt, placeAll, print, silent } from './example-process.ts';

const [file = '', bankLog = '', count = '0', days = '0', crashAt] = process.argv.slice(2);
const note = createNotes(bankLog);
const clock = { ...systemClock, now: () => systemClock.now() + Number(days) * 86_400_000 };

const carrier: Carrier = {
  name: 'carrier',
  place: 'outside',
  answer: async ({ orderId }) => ({ type: 'carrier.label-made', trackingNumber: `track-${orderId}` }),
};
/** Fails the first time, and notes what it pays. */
const bank: Bank = {
  name: 'bank',
  place: 'outside',
  answer: async ({ command: { key, attempt, amount } }) => {
    if (attempt === 1) return { type: 'bank.failed', reason: 'closed at night' };
    note(`${key} ${amount}`);
    return { type: 'bank.paid' };
  },
};

const store = openSqliteStore(file, returns);
const { host } = await createHost({
  application: returns,
  store,
  services: { carrier, bank },
  settings: silent,
  clock,
  faults: dieAt(crashAt),
});
const ids = Array.from({ length: Number(count) }, (_, index) => `return-${index + 1}`);
const isSent = (id: string): boolean => ids.indexOf(id) % 2 === 0;

/** What a person does about a return now; undefined: nothing. */
const findMove = (id: string, { state }: SystemView) => {
  if (state === 'requested') return { type: 'return.approve' };
  if (state === 'labelSent' && isSent(id)) return { type: 'return.receive' };
  if (state === 'received') return { type: 'return.inspect', verdict: 'as-new', note: 'unopened' };
  return undefined;
};
/** Nothing more happens today. */
const isAtRest = (id: string, { settled, state, actors, deadlines }: SystemView): boolean => {
  if (deadlines.some(({ dueAt }) => dueAt <= clock.now())) return false;
  return settled || (state === 'labelSent' && !isSent(id)) || actors['refund']?.state === 'backingOff';
};

const look = async (id: string): Promise<SystemView> => {
  const view = await host.get(id);
  if (view) return view;
  throw new Error(`${id} was accepted, and is not there`);
};
const follow = async (id: string): Promise<void> => {
  for (let view = await look(id); !isAtRest(id, view); view = await look(id)) {
    const message = findMove(id, view);
    if (message) await host.send({ orderId: id, to: 'return', message, otherwise: 'refuse' });
    else await pause(10);
  }
};

await placeAll(host, ids, (returnId) => ({
  ...{ type: 'return.request', returnId, customerId: 'ada', address: 'Oslo', reason: 'too small' },
  ...{ amount: 4200, currency: 'EUR' },
}));
await Promise.all(ids.map(follow));
await host.close();
await store.close();
print('All at rest');
