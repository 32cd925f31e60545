// A fuzz run: a whole Orderchart that listens, and thousands of requests from a seed. A finding is shrunk to the fewest
// and shortest requests that show it. At the end the orders are compared with the answers, and the doctor examines the
// store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { sampleProducts } from '../../src/cli/sample.ts';
import { systemClock } from '../../src/clock.ts';
import { createOrderchart, examineStore, type Orderchart, readSettings } from '../../src/main.ts';
import { toCurl } from './curl.ts';
import { type ApiDocument, readDocument } from './document.ts';
import { type Exchange, exchange } from './raw-http.ts';
import { type FuzzRequest, requestsFor } from './requests.ts';
import { checkResponse } from './response-checks.ts';

interface Finding {
  readonly problem: string;
  /** The requests that show it, as shell commands. */
  readonly requests: readonly string[];
  /** For `npm run fuzz -- --seed N`. */
  readonly seed: number;
}
export interface FuzzReport {
  readonly requests: number;
  readonly seconds: number;
  /** Answers by status; `closed` if the client disconnected. */
  readonly answers: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly findings: readonly Finding[];
}

/** Requests are sent concurrently in batches; each round of batches has its own seed. */
const batchSize = 16;
const batchesPerRound = 25;
/** If the service fails everywhere, more findings tell no more. */
const mostFindings = 10;
/** Parts of a problem that differ from request to request. */
const volatile = /urn:uuid:[\w-]+|[\da-f]{8}-[\w-]{27}|\d+/g;

/** Sends about `requests` requests. Calls `onProgress` after each round. */
export const fuzz = async (options: {
  readonly requests: number;
  readonly seed: number;
  onProgress(progress: { readonly requests: number; readonly findings: number }): void;
}): Promise<FuzzReport> => {
  const startedAt = performance.now();
  await using service = await openService();
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (let round = 0; service.sent() < options.requests && findings.length < mostFindings; round += 1) {
    const seed = options.seed + round;
    const found = await runRound(service, seed);
    if (found && !seen.has(found.problem.replaceAll(volatile, ''))) findings.push(found);
    if (found) seen.add(found.problem.replaceAll(volatile, ''));
    options.onProgress({ requests: service.sent(), findings: findings.length });
  }
  const problems = await service.inspect();
  return {
    requests: service.sent(),
    seconds: (performance.now() - startedAt) / 1000,
    answers: service.answers(),
    orders: service.placed(),
    findings: [...findings, ...problems.map((problem) => ({ problem, requests: [], seed: options.seed }))],
  };
};

type Service = Awaited<ReturnType<typeof openService>>;

const runRound = async (service: Service, seed: number): Promise<Finding | undefined> => {
  const batches = fc.array(requestsFor(service.document), {
    minLength: 1,
    maxLength: batchSize,
    size: 'max',
  });
  let shown: readonly string[] = [];
  const details = await fc.check(
    fc.asyncProperty(batches, async (batch) => {
      const { problem, requests } = await service.send(batch);
      if (problem === undefined) return;
      shown = requests;
      throw new Error(problem);
    }),
    { seed, numRuns: batchesPerRound, markInterruptAsFailure: false, interruptAfterTimeLimit: 60_000 },
  );
  if (!details.failed || !(details.errorInstance instanceof Error)) return undefined;
  return { problem: details.errorInstance.message, requests: shown, seed };
};

const openService = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-fuzz-'));
  const errors: string[] = [];
  const settings = readSettings({
    DATABASE_URL: `sqlite:${join(folder, 'orders.db')}`,
    PAYMENT_LEDGER: join(folder, 'gateway.jsonl'),
    MAIL_DIR: join(folder, 'mail'),
    PAYMENT_DELAY_MS: 1,
    MAIL_DELAY_MS: 0,
    MAX_STREAMS: 100_000,
    MAX_READS: 100_000,
    MAX_READ_MS: 86_400_000,
    PORT: 0,
  });
  const logger = pino({ level: 'error', base: null }, { write: (line: string) => errors.push(line) });
  const shop = await createOrderchart(settings, { logger });
  const noteCrash = (error: unknown) =>
    errors.push(`uncaught: ${error instanceof Error ? error.stack : error}`);
  process.on('uncaughtException', noteCrash);
  await shop.catalogue.seedProducts(sampleProducts, systemClock.now());
  const port = Number(new URL(await shop.api.listen({ host: '127.0.0.1', port: 0 })).port);
  const document = readDocument((await shop.api.inject('/openapi.json')).json());
  const record = createRecord(document);
  return {
    document,
    sent: record.sent,
    answers: record.answers,
    placed: record.placed,
    /** Sends requests concurrently. Returns the first problem, with its requests. */
    send: async (batch: readonly FuzzRequest[]) => {
      const resolved = batch.map(record.resolve);
      const exchanges = await Promise.all(resolved.map((request) => exchange(port, request)));
      const problems = resolved.map((request, index) => record.note(request, exchanges[index]));
      const first = problems.findIndex((problem) => problem !== undefined);
      const logged = errors.splice(0)[0];
      const problem = problems[first] ?? logged;
      const shown = first >= 0 ? resolved.slice(first, first + 1) : resolved;
      return { problem, requests: shown.map((request) => toCurl(request, 3000)) };
    },
    inspect: async () => {
      const missing = await record.compare(shop);
      await shop.close();
      return [...missing, ...(await runDoctor(folder))];
    },
    [Symbol.asyncDispose]: async () => {
      process.off('uncaughtException', noteCrash);
      await shop.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
};

/** Requests and answers so far. */
const createRecord = (document: ApiDocument) => {
  const answers = new Map<string, number>();
  const placed = new Set<string>();
  /** By idempotency key: its order. */
  const byKey = new Map<string, string>();
  let sent = 0;
  const noteOrder = (request: FuzzRequest, exchanged: Exchange): string | undefined => {
    const isPlacement = request.method === 'POST' && /^\/orders(\?|#|$)/.test(request.target);
    if (!isPlacement || exchanged.outcome !== 'answered' || exchanged.answer.status >= 300) return undefined;
    const id = /"id":"([^"]+)"/.exec(exchanged.answer.body)?.[1] ?? '';
    placed.add(id);
    const key = request.headers.find(([name]) => name === 'idempotency-key')?.[1] ?? '';
    const before = byKey.get(key);
    byKey.set(key, before ?? id);
    return before === undefined || before === id
      ? undefined
      : `the key ${key} was answered with the orders ${before} and ${id}`;
  };
  return {
    sent: () => sent,
    answers: () => Object.fromEntries([...answers].sort()),
    placed: () => placed.size,
    /** Replaces `{order:3}` in a target with an order's id. */
    resolve: (request: FuzzRequest): FuzzRequest => {
      const ids = [...placed];
      const target = request.target.replace(
        /\{order:(\d+)\}/,
        (_, which) => ids[which % ids.length] ?? 'nobody',
      );
      return { ...request, target };
    },
    note: (request: FuzzRequest, exchanged: Exchange | undefined): string | undefined => {
      if (exchanged === undefined) return undefined;
      sent += 1;
      const name = exchanged.outcome === 'answered' ? String(exchanged.answer.status) : exchanged.outcome;
      answers.set(name, (answers.get(name) ?? 0) + 1);
      const problem = noteOrder(request, exchanged);
      return checkResponse(document, request, exchanged) ?? problem;
    },
    /** The store must have exactly the orders that were answered. */
    compare: async ({ host }: Orderchart): Promise<readonly string[]> => {
      const stored = new Set<string>();
      for (let after: string | undefined; ; ) {
        const page = await host.list({ limit: 100, ...(after !== undefined && { after }) });
        for (const { id } of page) stored.add(id);
        after = page.at(-1)?.id;
        if (page.length < 100) break;
      }
      const unanswered = [...stored].filter((id) => !placed.has(id));
      const lost = [...placed].filter((id) => !stored.has(id));
      return [
        ...unanswered.map((id) => `the order ${id} is stored, but was not answered`),
        ...lost.map((id) => `the order ${id} was answered, but is not stored`),
      ];
    },
  };
};

const runDoctor = async (folder: string): Promise<readonly string[]> => {
  const report = await examineStore({
    address: join(folder, 'orders.db'),
    gatewayLedger: join(folder, 'gateway.jsonl'),
    mailDirectory: join(folder, 'mail'),
    replay: true,
    onProgress: () => undefined,
  });
  return report.checks.flatMap(({ invariant, findings }) =>
    findings.map(({ about, problem }) => `the doctor: ${invariant} ${about} ${problem}`),
  );
};
