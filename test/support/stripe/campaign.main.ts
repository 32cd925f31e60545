// Runs many orders against the provider's double while the service is killed: npm run stripe-campaign --
// [orders] [kills] [seed]. The folder is kept if something differs; the exit code is 1 then.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCampaign } from './campaign.ts';

const [orders = '500', kills = '10', seed = '1'] = process.argv.slice(2);
if (orders === '--help') {
  console.log('npm run stripe-campaign -- [orders, 500] [kills, 10] [seed, 1]');
  process.exit(0);
}
const folder = await mkdtemp(join(tmpdir(), 'orderchart-stripe-'));
const report = await runCampaign({
  ...{ folder, seed, callTimeoutMs: 3000 },
  orders: Number(orders),
  kills: Number(kills),
});
console.log(JSON.stringify(report, undefined, 2));
if (report.problems.length === 0) await rm(folder, { recursive: true });
else {
  console.error(`kept: ${folder}`);
  process.exitCode = 1;
}
