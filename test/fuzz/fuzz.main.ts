// `npm run fuzz`: sends requests that the OpenAPI document leads to, and hostile ones, to a whole Orderchart, and
// says what was found. Exit code 1 where something was. Progress goes to the error output, one line a second.
import { parseArgs } from 'node:util';
import { fuzz } from './campaign.ts';

const help = `Usage: npm run fuzz -- [--requests 100000] [--seed 1] [--json]

Sends requests to a service of its own, until so many were sent or ten different findings were made, and prints
each finding with a line that repeats it. Exit code: 0 nothing was found, 1 something was.

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
  const figures = { requests: report.requests, seconds: rounded, orders, answers, findings: findings.length };
  console.log(values.json ? JSON.stringify({ seed: Number(values.seed), ...figures }) : figures);
  process.exitCode = findings.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
