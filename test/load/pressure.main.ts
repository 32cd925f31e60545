// `npm run pressure`: how long placing an order takes on a quiet service, and under a crowd, in one run.
import { parseArgs } from 'node:util';
import { measurePressure } from './pressure.ts';

const help = `Usage: npm run pressure -- [--streams 1000] [--pages 20] [--slow 50] [--long-orders 4] [--messages 2300]
                           [--orders 400] [--rate 20] [--most 3]

Places --orders orders, --rate a second, on a service of its own: first alone, then with --streams readers of all events,
--pages pages of the inspector with different filters, three askers for previews of --long-orders orders of --messages
messages each, and --slow slow clients (half of them read nothing, half send a byte a second); then alone again. Prints how
long placing took, in ms, and the ratio of the 99th percentiles.

Exit code: 0 if the ratio is at most --most, 1 if it is more.`;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    pages: { type: 'string', default: '20' },
    slow: { type: 'string', default: '50' },
    'long-orders': { type: 'string', default: '4' },
    messages: { type: 'string', default: '2300' },
    orders: { type: 'string', default: '400' },
    rate: { type: 'string', default: '20' },
    most: { type: 'string', default: '3' },
    'node-options': { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});

const run = async (): Promise<void> => {
  const { ratio, ...report } = await measurePressure({
    streams: Number(values.streams),
    pages: Number(values.pages),
    slow: Number(values.slow),
    longOrders: Number(values['long-orders']),
    messages: Number(values.messages),
    orders: Number(values.orders),
    rate: Number(values.rate),
    nodeOptions: values['node-options'],
    log: (line) => console.log(line),
  });
  console.log({ ...report, ratio: Math.round(ratio * 100) / 100 });
  if (ratio > Number(values.most)) process.exitCode = 1;
};

if (values.help) console.log(help);
else await run();
