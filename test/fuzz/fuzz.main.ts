// `npm run fuzz`: sends requests made from the OpenAPI document, and hostile ones, to a whole Orderchart, and prints its
// findings. Exit code 1 if there are any. Progress goes to standard error, one line a second.
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz-run.ts';

const help = `Usage: npm run fuzz -- [--requests 100000] [--seed 1] [--json]

Sends requests to a service of its own, until so many were sent or there are ten different findings, and prints each
finding with a command that repeats it. Exit code: 0 no findings, 1 findings.

  --json  ends with one line of JSON`;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const run = async (): Promise<void> => {
  let printedAt = performance.now();
  const report = await fuzz({
    requests: Number(values.requests),
    seed: Number(values.seed),
    onProgress: ({ requests, findings }) => {
      if (performance.now() - printedAt < 1000) return;
      printedAt = performance.now();
      console.error(`${requests} of ${values.requests} requests, ${findings} findings`);
    },
  });
  for (const { problem, requests, seed } of report.findings) {
    console.log([`\n${problem} (seed ${seed})`, ...requests.map((line) => `  ${line}`)].join('\n'));
  }
  const { findings, seconds, answers, orders } = report;
  const rounded = Math.round(seconds * 10) / 10;
  const summary = { requests: report.requests, seconds: rounded, orders, answers, findings: findings.length };
  console.log(values.json ? JSON.stringify({ seed: Number(values.seed), ...summary }) : summary);
  process.exitCode = findings.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
