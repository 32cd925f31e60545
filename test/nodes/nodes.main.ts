// `npm run nodes`: several nodes over one PostgreSQL server under kill -9, pauses, lost connections and crashes of the database.
// It prints what was done and what was found; a round with a violation keeps its folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toWholeOption } from '../support/whole-option.ts';
import { planFaults } from './faults.ts';
import { runNodeRound } from './node-round.ts';

const help = `Usage: npm run nodes -- [--nodes 3] [--faults 70] [--orders 5] [--seed 1]

Starts a PostgreSQL server and nodes over it, and disturbs them while clients place orders: kill -9 at random and at
commit points, SIGSTOP for longer than a call is leased, sessions that the database ends, a connection that is cut
when a batch is committed and before its answer comes, crashes of the database, wall clocks that are off by minutes.
Then every order must settle, and doctor, clients' history and the gateway's ledger must agree. Progress goes to
standard error, one line of JSON to standard output. Exit code: 0 no violation, 1 violations.

  --nodes   how many
  --faults  how many, each kind in turn
  --orders  new orders for each fault, at least
  --seed    the same seed makes the same plan (what a fault interrupts depends on the machine)`;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    faults: { type: 'string', default: '70' },
    orders: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  },
});

const toCount = (name: 'nodes' | 'faults' | 'orders'): number => toWholeOption(name, values[name]);

const run = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-nodes-'));
  const [nodes, seed] = [toCount('nodes'), values.seed];
  let done = 0;
  const report = await runNodeRound({
    ...{ folder, seed, nodes, ordersPerFault: toCount('orders') },
    faults: planFaults(toCount('faults'), seed, nodes),
    onFault: ({ kind }) => {
      done += 1;
      console.error(`  ${done} of ${values.faults} faults (${kind})`);
    },
  });
  for (const { invariant, about, problem } of report.violations) {
    console.error(`  ${invariant}  ${about}  ${problem}`);
  }
  console.log(JSON.stringify({ ...report, violations: report.violations.length }));
  if (report.violations.length === 0) await rm(folder, { recursive: true });
  else console.error(`  kept: ${folder}`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
