// The examination: every invariant that can be checked from a store, and from a gateway's ledger, on one
// consistent picture, page by page. It reads, and never changes, stops or repairs anything; it is the one
// program that knows them all, for operators, the simulator, the kill rounds and the soak alike.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { orderSystem } from '../../machines/system.ts';
import { limits } from '../config.ts';
import { AppError } from '../errors.ts';
import {
  compareIds,
  type Dossier,
  type Evidence,
  type Examination,
  type Examine,
  type LedgerEntry,
} from '../evidence.ts';
import { registerSystem } from '../step/register.ts';
import { examineCase, type Terms } from './examine-case.ts';
import type { Case, Mail } from './facts.ts';
import { toReport } from './report.ts';
import { checkProducts } from './stock-checks.ts';
import { createTally, type Tally } from './tally.ts';
import { createTeam, type Team } from './team.ts';

const fiveMinutes = 300_000;

export const examine: Examine = async (evidence, given = {}) => {
  const tally = createTally();
  const terms: Terms = {
    takenAt: evidence.takenAt,
    clockToleranceMs: given.clockToleranceMs ?? fiveMinutes,
    replay: given.replay ?? true,
    atRest: given.atRest ?? false,
  };
  const team = given.workers ? createTeam(given.workers, terms, tally) : createAlone(given, terms, tally);
  let orders = 0;
  let of = 0;
  const report = (doing: string) => given.onProgress?.({ doing, orders, of });
  /** What cannot be read ends its own part and no other. */
  const part = async (doing: string, look: () => Promise<void>): Promise<void> => {
    try {
      report(doing);
      await look();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'store-unavailable') throw error;
      tally.violate('storage', 'the file', `${error.message}; ${doing} could not be examined to the end`);
    }
  };
  try {
    await part('the file', async () => {
      of = await evidence.orderCount();
      for await (const { about, problems } of evidence.storage()) {
        tally.look('storage');
        for (const problem of problems) tally.violate('storage', about, problem);
        report('the file');
      }
    });
    await part('the orders', async () => {
      for await (const cases of gatherCases(evidence, given)) {
        await team.examine(cases);
        orders += cases.filter(({ dossier }) => dossier.order !== undefined).length;
        report('the orders');
      }
    });
    await team.finish();
    await part('stock', () => checkProducts(evidence, tally));
    await part('idempotency keys', () => checkKeys(evidence, tally));
  } finally {
    await team.close();
  }
  return toReport(tally.data(), orders, given);
};

/** Examines in this thread. */
const createAlone = ({ charts = orderSystem }: Examination, terms: Terms, tally: Tally): Team => {
  const system = registerSystem(charts, limits);
  return {
    examine: async (cases) => {
      for (const each of cases) examineCase(system, each, terms, tally);
    },
    finish: async () => {},
    close: async () => {},
  };
};

/** Each order's dossier with what the gateway's ledger and the mail folder have of it. */
const gatherCases = async function* (
  evidence: Evidence,
  { ledger, mailDirectory }: Examination,
): AsyncIterable<readonly Case[]> {
  const said = ledger && createReader(ledger.entries());
  for await (const dossiers of evidence.dossiers()) {
    const cases: Case[] = [];
    for (const dossier of dossiers) {
      const { orderId } = dossier;
      if (said) cases.push(...said.before(orderId));
      cases.push({
        dossier,
        ...(said && { ledger: said.take(orderId) }),
        ...(mailDirectory !== undefined && { mail: findMail(mailDirectory, orderId) }),
      });
    }
    yield cases;
  }
  if (said) yield said.before(undefined);
};

/** The ledger's entries by order, in step with the dossiers. */
const createReader = (entries: Iterable<LedgerEntry>) => {
  const iterator = entries[Symbol.iterator]();
  const read = () => {
    const { done, value } = iterator.next();
    return done ? undefined : value;
  };
  let head = read();
  const take = (orderId: string): readonly LedgerEntry[] => {
    const taken: LedgerEntry[] = [];
    for (; head?.orderId === orderId; head = read()) taken.push(head);
    return taken;
  };
  return {
    take,
    /** What is said of orders that the store does not have. */
    before: (orderId: string | undefined): readonly Case[] => {
      const cases: Case[] = [];
      while (head !== undefined && (orderId === undefined || compareIds(head.orderId, orderId) < 0)) {
        const nobody = head.orderId;
        cases.push({ dossier: noDossier(nobody), ledger: take(nobody) });
      }
      return cases;
    },
  };
};

const noDossier = (orderId: string): Dossier => ({
  orderId,
  received: [],
  events: [],
  calls: [],
  reservations: [],
  shares: [],
  stock: [],
});

/** As the file mailer names its files. */
const findMail = (directory: string, orderId: string): readonly Mail[] =>
  ['confirmation', 'failure'].flatMap((notice) => {
    const path = join(directory, `${orderId}-${notice}.eml`);
    const found = statSync(path, { throwIfNoEntry: false });
    return found ? [{ notice, at: found.mtimeMs }] : [];
  });

const checkKeys = async (evidence: Evidence, tally: Tally): Promise<void> => {
  let last = { about: '', fingerprint: '' };
  for await (const page of evidence.idempotencyKeys()) {
    for (const { scope, key, fingerprint, orderId, status, orderExists, bodyNamesOrder } of page) {
      const about = `${scope} ${key}`;
      tally.look('keys');
      if (about === last.about) tally.violate('keys', about, 'it is there twice');
      if (!orderExists)
        tally.violate('keys', about, `it stands for the order ${orderId}, which is not there`);
      else if (!bodyNamesOrder) tally.violate('keys', about, `its answer is not about the order ${orderId}`);
      if (status < 200 || status > 299) tally.violate('keys', about, `its answer has the status ${status}`);
      const isOne = about !== last.about || fingerprint === last.fingerprint;
      tally.expect('fingerprints', about, isOne, () => 'it was used for two requests');
      if (fingerprint === '') tally.violate('fingerprints', about, 'it has no fingerprint');
      last = { about, fingerprint };
    }
  }
};
