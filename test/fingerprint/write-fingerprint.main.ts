// Records the fingerprint of a chart version when it is released: `node write-fingerprint.main.ts FILE [COUNT]`. A recorded
// file is never written again.
import { writeFileSync } from 'node:fs';
import { toChartSystem } from '../../src/application.ts';
import { limits, readSettings } from '../../src/config.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import { encode, takeWalk } from './fingerprint.ts';
import { createWalk } from './walks.ts';

const [target = 'fingerprint.gz', count = '2000'] = process.argv.slice(2);
const system = registerSystem(toChartSystem(shop), limits);
const walks = Array.from({ length: Number(count) }, (_, seed) => {
  const capture = seed % 3 === 0 ? 'later' : 'at-once';
  const policy = toPolicy(readSettings({ PAYMENT_CAPTURE: capture, PAYMENT_ATTEMPTS: 1 + (seed % 3) }));
  const { orderId } = sampleOrder;
  const message = { ...sampleOrder, type: 'order.place', policy };
  const walk = createWalk(shop, system, { orderId, message }, seed);
  return { ...walk, lines: takeWalk(system, walk) };
});
writeFileSync(target, encode(walks));
console.log(`${walks.length} walks, ${walks.reduce((sum, { lines }) => sum + lines.length, 0)} messages`);
