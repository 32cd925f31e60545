// A disk that fails at one operation, or from there on: it is full, or it returns I/O errors. The shop must refuse what it
// cannot store. What it acknowledged must survive a power cut; a disk that has room again must be used without a
// restart; and after an I/O error nothing more may be written.
import { AppError, describeError } from '../../src/errors.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { toPrimaryCode } from '../../src/stores/sqlite-errors.ts';
import { createFakeClock } from '../fake-clock.ts';
import { copyAcknowledged, createAcknowledged } from './acknowledged.ts';
import { type CutResults, createCutChecks } from './cut-checks.ts';
import { createDisk, type DiskFailure, type Folder, type Operation } from './disk.ts';
import type { SqliteError } from './disk-connection.ts';
import { createFaultyBank } from './faulty-bank.ts';
import { untilSettled } from './recovery.ts';
import { type Outside, openShop, type Shop, type ShopSettings } from './shop-on-disk.ts';
import { place, planShortWorkload } from './workload.ts';

/** `full` until there is room again, an I/O error once, or I/O errors from then on. */
export type FailureKind = 'full' | 'one-error' | 'errors';

interface FailuresReport extends CutResults {
  /** Operations at which the disk failed, one shop for each. */
  readonly operations: number;
  /** Shops that noticed it. The others failed to write the log back, by which nothing is lost. */
  readonly noticed: number;
}

const settings: ShopSettings = { capture: 'at-once', logPages: 30 };

/** SQLITE_IOERR. */
const inputOutputError = 10;

/** Lets the disk fail at each operation in turn, or at every `each`th, with a new shop each time. */
export const failEverywhere = async (
  failure: FailureKind,
  { seed, each = 1 }: { readonly seed: number; readonly each?: number },
): Promise<FailuresReport> => {
  const random = createRandom(seed);
  const { check, report } = createCutChecks(settings, random.fork(), { shareInRecovery: 0 });
  const problems: string[] = [];
  const before = await prepare(seed);
  let operations = 0;
  let noticed = 0;
  for (let at = 1 + random.between(0, each - 1); ; at += each) {
    const attempt = await failAt(at, failure, before, random.between(0, 2 ** 32 - 1));
    if (attempt === undefined) break;
    operations += 1;
    noticed += Number(attempt.isNoticed);
    const about = `seed ${seed}, ${failure} at operation ${at} (${attempt.operation.kind} ${attempt.operation.file})`;
    problems.push(...attempt.problems.map((problem) => `${about}: ${problem}`));
    await check({ ...attempt, about, openings: 2 });
  }
  const results = report();
  return { ...results, operations, noticed, problems: [...problems, ...results.problems] };
};

interface Prepared {
  readonly folder: Folder;
  readonly outside: Omit<Outside, 'clock'>;
}

/** A closed store with its products and one settled order. */
const prepare = async (seed: number): Promise<Prepared> => {
  const disk = createDisk(seed);
  const outside = { bank: createFaultyBank(), acknowledged: createAcknowledged(), openings: 0 };
  const shop = await openShop(disk, settings, { ...outside, clock: createFakeClock() });
  await place('good-0')(shop, outside.acknowledged);
  await untilSettled(shop);
  await shop.close();
  return { folder: disk.contents(), outside: { ...outside, openings: 1 } };
};

/** The result of one shop whose disk failed; undefined if it did not get to that operation. */
const failAt = async (at: number, failure: FailureKind, before: Prepared, seed: number) => {
  const disk = createDisk(seed, before.folder);
  const clock = createFakeClock();
  const outside = {
    bank: before.outside.bank.recovered(),
    acknowledged: copyAcknowledged(before.outside.acknowledged),
    openings: 1,
    clock,
  };
  const fault = createFault(at, failure);
  disk.failureOf = fault.failureOf;
  const shop = await tryTo(() => openShop(disk, settings, outside, fault.onError));
  const problems = shop === undefined ? [] : await runShortWorkload(shop, outside, fault, failure);
  const operation = fault.met();
  const left = disk.afterPowerCut(disk.random);
  shop?.abandon();
  if (operation === undefined) return undefined;
  const { bank, acknowledged } = outside;
  return { operation, isNoticed: fault.isNoticed(), problems, left, bank, acknowledged, at: clock.now() };
};

/** Fails at the `at`th operation that can fail in this way. */
const createFault = (at: number, failure: FailureKind) => {
  let count = 0;
  let met: Operation | undefined;
  let hasRoom = false;
  let isNoticed = false;
  let isDistrusted = false;
  let wentOn: Operation | undefined;
  return {
    failureOf: (operation: Operation): DiskFailure | undefined => {
      const { kind } = operation;
      if (isDistrusted && kind !== 'read') wentOn ??= operation;
      if (hasRoom || (failure === 'full' && kind !== 'write' && kind !== 'create')) return undefined;
      count += 1;
      if (count < at || (failure === 'one-error' && count > at)) return undefined;
      met ??= operation;
      return failure === 'full' ? 'full' : 'io-error';
    },
    /** The store's writer throws an error. */
    onError: (error: SqliteError): void => {
      isNoticed = true;
      isDistrusted ||= toPrimaryCode(error) === inputOutputError;
    },
    makeRoom: (): void => {
      hasRoom = true;
    },
    met: () => met,
    isNoticed: () => isNoticed,
    /** The store met an I/O error: from then on it must not trust what it reads, and must not write. */
    isDistrusted: () => isDistrusted,
    /** The first operation after that. */
    wentOn: () => wentOn,
  };
};

const runShortWorkload = async (
  shop: Shop,
  outside: Outside,
  fault: ReturnType<typeof createFault>,
  failure: FailureKind,
) => {
  const problems: string[] = [];
  for (const step of planShortWorkload()) {
    await tryTo(() => step(shop, outside.acknowledged));
  }
  const { ready } = await shop.host.health();
  if (fault.isDistrusted() && ready) problems.push('after an I/O error it says that it is ready');
  const wentOn = fault.wentOn();
  if (wentOn) problems.push(`after an I/O error it continued: ${wentOn.kind} ${wentOn.file}`);
  if (failure !== 'full') return problems;
  fault.makeRoom();
  try {
    await place('good-3')(shop, outside.acknowledged);
    problems.push(...(await untilSettled(shop)));
  } catch (error) {
    problems.push(`there is room again, but it does not work: ${describeError(error)}`);
  }
  return problems;
};

/** Undefined if the attempt was refused, as by a store that cannot write. */
const tryTo = async <T>(attempt: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await attempt();
  } catch (error) {
    const isRefusal =
      error instanceof AppError ||
      toPrimaryCode(error) !== undefined ||
      describeError(error).includes('Nothing more is written');
    if (!isRefusal) throw error;
    return undefined;
  }
};
