// `npm run overload`: measures the capacity of a service of its own, sends several times that, and prints the outcome of
// every order. Exit code 1 if an accepted order was lost, an invariant is violated, or a refusal has no Retry-After.
import { parseArgs } from 'node:util';
import { overload } from './overload.ts';

const help = `Usage: npm run overload -- [--seconds 60] [--ramp 5] [--factor 10] [--json] [NAME=VALUE …]

The rate rises for --ramp seconds. With --ramp 0 thousands of connections arrive at once; Node accepts one in each turn
of its event loop, so the last of them wait for seconds. NAME=VALUE are settings of the service; orderchart serve
--help lists them.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    ramp: { type: 'string', default: '5' },
    factor: { type: 'string', default: '10' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const toSetting = (text: string): [string, string] => {
  const [name = '', ...value] = text.split('=');
  return [name, value.join('=')];
};

const run = async (): Promise<void> => {
  const report = await overload({
    measureSeconds: 5,
    rampSeconds: Number(values.ramp),
    seconds: Number(values.seconds),
    factor: Number(values.factor),
    environment: Object.fromEntries(positionals.map(toSetting)),
    log: (line) => console.error(line),
  });
  console.log(values.json ? JSON.stringify(report) : report);
  const { lost, violations, results } = report;
  const isBad = lost > 0 || violations.length > 0 || results.withoutRetryAfter > 0 || results.failed > 0;
  process.exitCode = isBad ? 1 : 0;
};

if (values.help) console.log(help);
else await run();
