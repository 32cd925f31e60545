// A disk that fails at one operation of a shop, or from there on: it is full, or it returns I/O errors. The shop
// must refuse what it can't keep. Whatever it acknowledged must be found after a power cut; a disk that has room
// again must be used again without a restart; and after an I/O error nothing more may be written.
import { AppError, describeError } from '../../src/errors.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { toPrimaryCode } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import { place, planHour } from './day.ts';
import { createDisk, type Folder, type Operation, type Trouble } from './disk.ts';
import type { SqliteError } from './disk-connection.ts';
import { createFaultyBank } from './faulty-bank.ts';
import { createJudge, type Verdict } from './judge.ts';
import { type Outside, openShop, type Shop, type ShopSettings } from './shop.ts';
import { comeToRest } from './survivor.ts';
import { copyOf, nothingYet } from './witness.ts';

/** What goes wrong: `full` until there is room again, an I/O error once, or I/O errors from then on. */
export type Failing = 'full' | 'one-error' | 'errors';

interface RefusalReport extends Verdict {
  /** Operations at which the disk failed, one shop for each. */
  readonly operations: number;
  /** Shops that noticed. The others lost nothing by what failed: it was a try to write the log back. */
  readonly noticed: number;
}

const settings: ShopSettings = { capture: 'at-once', logPages: 30 };

/** SQLITE_IOERR. */
const inputOutputError = 10;

/** Lets the disk of a shop fail at each operation in turn, or at every `each`th. */
export const refuseEverywhere = async (
  failing: Failing,
  { seed, each = 1 }: { readonly seed: number; readonly each?: number },
): Promise<RefusalReport> => {
  const random = createRandom(seed);
  const { judge, report } = createJudge(settings, random.fork(), { shareInRecovery: 0 });
  const problems: string[] = [];
  const before = await prepare(seed);
  let operations = 0;
  let noticed = 0;
  for (let at = 1 + random.between(0, each - 1); ; at += each) {
    const attempt = await refuseAt(at, failing, before, random.between(0, 2 ** 32 - 1));
    if (attempt === undefined) break;
    operations += 1;
    noticed += Number(attempt.isNoticed);
    const about = `seed ${seed}, ${failing} at operation ${at} (${attempt.operation.kind} ${attempt.operation.file})`;
    problems.push(...attempt.problems.map((problem) => `${about}: ${problem}`));
    await judge({ ...attempt, about, openings: 2 });
  }
  const verdict = report();
  return { ...verdict, operations, noticed, problems: [...problems, ...verdict.problems] };
};

interface Prepared {
  readonly folder: Folder;
  readonly outside: Omit<Outside, 'clock'>;
}

/** A store with its products and one order at its end, closed. */
const prepare = async (seed: number): Promise<Prepared> => {
  const disk = createDisk(seed);
  const outside = { bank: createFaultyBank(), acknowledged: nothingYet(), openings: 0 };
  const shop = await openShop(disk, settings, { ...outside, clock: createFakeClock() });
  await place('good-0')(shop, outside.acknowledged);
  await comeToRest(shop);
  await shop.close();
  return { folder: disk.contents(), outside: { ...outside, openings: 1 } };
};

/** What came of one shop whose disk failed; undefined where it never came to that operation. */
const refuseAt = async (at: number, failing: Failing, before: Prepared, seed: number) => {
  const disk = createDisk(seed, before.folder);
  const clock = createFakeClock();
  const outside = {
    bank: before.outside.bank.recovered(),
    acknowledged: copyOf(before.outside.acknowledged),
    openings: 1,
    clock,
  };
  const fault = createFault(at, failing);
  disk.trouble = fault.trouble;
  const shop = await tryTo(() => openShop(disk, settings, outside, fault.hear));
  const problems = shop === undefined ? [] : await runHour(shop, outside, fault, failing);
  const operation = fault.met();
  const left = disk.afterPowerCut(disk.random);
  shop?.abandon();
  if (operation === undefined) return undefined;
  const { bank, acknowledged } = outside;
  return { operation, isNoticed: fault.isNoticed(), problems, left, bank, acknowledged, at: clock.now() };
};

/** Fails at the `at`th operation that can fail so. */
const createFault = (at: number, failing: Failing) => {
  let count = 0;
  let met: Operation | undefined;
  let isHealed = false;
  let isNoticed = false;
  let isDistrusted = false;
  let wentOn: Operation | undefined;
  return {
    trouble: (operation: Operation): Trouble | undefined => {
      const { kind } = operation;
      if (isDistrusted && kind !== 'read') wentOn ??= operation;
      if (isHealed || (failing === 'full' && kind !== 'write' && kind !== 'create')) return undefined;
      count += 1;
      if (count < at || (failing === 'one-error' && count > at)) return undefined;
      met ??= operation;
      return failing === 'full' ? 'full' : 'io-error';
    },
    /** The store meets an error. */
    hear: (error: SqliteError): void => {
      isNoticed = true;
      isDistrusted ||= toPrimaryCode(error) === inputOutputError;
    },
    heal: (): void => {
      isHealed = true;
    },
    met: () => met,
    isNoticed: () => isNoticed,
    /** The store met an I/O error: from then on it may not trust what it reads, nor write. */
    isDistrusted: () => isDistrusted,
    /** What was done to the disk after that. */
    wentOn: () => wentOn,
  };
};

const runHour = async (
  shop: Shop,
  outside: Outside,
  fault: ReturnType<typeof createFault>,
  failing: Failing,
) => {
  const problems: string[] = [];
  for (const happening of planHour()) {
    await tryTo(() => happening(shop, outside.acknowledged));
  }
  const { ready } = await shop.host.health();
  if (fault.isDistrusted() && ready) problems.push('it met an I/O error, and says that it is ready');
  const wentOn = fault.wentOn();
  if (wentOn) problems.push(`it met an I/O error, and went on: ${wentOn.kind} ${wentOn.file}`);
  if (failing !== 'full') return problems;
  fault.heal();
  try {
    await place('good-3')(shop, outside.acknowledged);
    problems.push(...(await comeToRest(shop)));
  } catch (error) {
    problems.push(`there is room again, and it does not work: ${describeError(error)}`);
  }
  return problems;
};

/** What comes of a try; undefined where it was refused, as a store that can't write refuses. */
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
