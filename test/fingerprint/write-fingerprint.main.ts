// Records the fingerprint of a chart version when it is released: `node write-fingerprint.main.ts VERSION FILE [COUNT]`; with
// `--trouble` walks on which services fail and stock is missing. A recorded file is never written again.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { toChartSystem, versionsOf } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { limits } from '../../src/limits.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { toCharts } from '../../src/step/translate.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import { encode, takeWalk } from './fingerprint.ts';
import { createWalk, startedAt } from './walks.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { trouble: { type: 'boolean', default: false } },
});
const [version = shop.chartVersion, target = 'fingerprint.gz', count = '2000'] = positionals;
const released = versionsOf(shop).get(version);
if (released === undefined) throw new Error(`there is no version ${version}`);
const application = { ...shop, ...released, chartVersion: version, otherVersions: {}, migrations: {} };
const system = registerSystem(toChartSystem(application), limits);
const missing = { productId: 'product-1', kind: 'insufficient-stock', requested: 2, available: 1 };
const dispute = { disputeId: 'dispute-1', amount: 1000 };
/** What customers and their banks do by themselves, as far as the version knows it. */
const facts = [
  { type: 'gateway.charged' },
  { type: 'gateway.dispute-opened', ...dispute, evidenceDueInMs: 20_000 },
  { type: 'gateway.dispute-closed', ...dispute, outcome: 'won' },
  { type: 'gateway.dispute-closed', ...dispute, outcome: 'lost' },
]
  .filter(() => application.messages['gateway.dispute-opened'] !== undefined)
  .map((message) => ({ to: 'payment', message }));
/** Half of the walks with trouble come far before something fails. */
const toWeather = (seed: number) =>
  values.trouble
    ? {
        replies: { 'warehouse.check': [{ type: 'warehouse.checked', problems: [missing] }] },
        successes: seed % 2 === 0 ? 0.3 : 0.8,
        facts,
      }
    : { replies: {}, successes: 0.5, facts };
/** Every tenth order is a gift. */
const toAmounts = (seed: number) => {
  const discount = { kind: 'discount', name: 'A gift', amount: -sampleOrder.amount };
  return facts.length > 0 && seed % 10 === 9 ? { amount: 0, adjustments: [discount] } : {};
};

const walks = Array.from({ length: Number(count) }, (_, seed) => {
  const attempts = String(values.trouble ? 1 : 1 + (seed % 3));
  const policy = toPolicy(
    readSettings({
      PAYMENT_CAPTURE: seed % 3 === 0 ? 'later' : 'at-once',
      PAYMENT_ATTEMPTS: attempts,
      ...(values.trouble && { INVENTORY_ATTEMPTS: attempts, NOTIFICATION_ATTEMPTS: attempts }),
    }),
  );
  const { orderId } = sampleOrder;
  const first = { ...sampleOrder, ...toAmounts(seed), type: 'order.place', policy };
  const arrival = { orderId, at: startedAt, messageId: 'message-1', to: 'order', causationId: null };
  const placed = toCharts(system, version, { kind: 'message', ...arrival, message: first });
  const message = placed.kind === 'message' ? placed.message : first;
  const walk = createWalk(application, system, { orderId, message }, seed, toWeather(seed));
  return { ...walk, lines: takeWalk(system, walk) };
});
writeFileSync(target, encode(walks));
console.log(`${walks.length} walks, ${walks.reduce((sum, { lines }) => sum + lines.length, 0)} messages`);
