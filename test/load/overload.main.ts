// `npm run overload`: measures what a service of its own can take, offers it several times that, and prints what
// became of every order. Exit code 1 where an accepted order was lost, an invariant does not hold, or a refusal
// did not say when to come again.
import { parseArgs } from 'node:util';
import { overload } from './overload.ts';

const help = `Usage: npm run overload -- [--seconds 60] [--ramp 5] [--factor 10] [--json] [NAME=VALUE …]

The rate rises for --ramp seconds. With --ramp 0 thousands of connections come at once; Node takes in one in a turn
of its event loop, so that the last of them wait for seconds. NAME=VALUE are settings of the service, as orderchart serve --help lists them.`;

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

const toSetting = (word: string): [string, string] => {
  const [name = '', ...value] = word.split('=');
  return [name, value.join('=')];
};

const run = async (): Promise<void> => {
  const report = await overload({
    measureSeconds: 5,
    rampSeconds: Number(values.ramp),
    seconds: Number(values.seconds),
    factor: Number(values.factor),
    environment: Object.fromEntries(positionals.map(toSetting)),
    say: (line) => console.error(line),
  });
  console.log(values.json ? JSON.stringify(report) : report);
  const { lost, violations, tally } = report;
  const isBad = lost > 0 || violations.length > 0 || tally.withoutRetryAfter > 0 || tally.failed > 0;
  process.exitCode = isBad ? 1 : 0;
};

if (values.help) console.log(help);
else await run();
