// `npm run streams`: what an order costs a service of its own with and without readers of its event streams.
import { parseArgs } from 'node:util';
import { measureStreamCost } from './stream-costs.ts';

const help = `Usage: npm run streams -- [--readers 1000] [--orders 1000] [--rate 100] [--path /events/stream]

Places --orders orders, --rate a second, first with no reader and then with --readers of --path, and prints the CPU time
of the service for each order and their ratio.`;

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '1000' },
    orders: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '100' },
    path: { type: 'string', default: '/events/stream' },
    help: { type: 'boolean', short: 'h' },
  },
});

const run = async (): Promise<void> => {
  const { path } = values;
  const given = { orders: Number(values.orders), rate: Number(values.rate), path };
  const alone = await measureStreamCost({ ...given, readers: 0 });
  const shared = await measureStreamCost({ ...given, readers: Number(values.readers) });
  console.log({
    'CPU per order, no reader (ms)': alone.cpuMsPerOrder,
    [`CPU per order, ${values.readers} readers (ms)`]: shared.cpuMsPerOrder,
    ratio: shared.cpuMsPerOrder / alone.cpuMsPerOrder,
    'events in all, and of the readers with the fewest and the most': shared.events,
  });
};

if (values.help) console.log(help);
else await run();
