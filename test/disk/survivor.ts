// What is left on a disk, held against what was promised: examined as `orderchart doctor` examines a file, then
// opened by the product, which has to find all that was acknowledged and bring every order to its end.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from '../../src/doctor/examine.ts';
import { describeError } from '../../src/errors.ts';
import type { Examination } from '../../src/evidence.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openEvidence } from '../../src/stores/sqlite-evidence.ts';
import { place } from './day.ts';
import { createDisk, type Disk, type Folder } from './disk.ts';
import { openOn, storeName } from './disk-connection.ts';
import { type Outside, openShop, type Shop, type ShopSettings } from './shop.ts';
import { type Acknowledged, listLosses } from './witness.ts';

/** Long after everything that happens in these shops. */
const later = Date.UTC(2030, 0, 1);
const tenMinutes = 600_000;

/** What a real SQLite and the doctor say of these files, in words. */
const examineFolder = async (folder: Folder, given: Examination): Promise<readonly string[]> => {
  const place = mkdtempSync(join(tmpdir(), 'orderchart-disk-'));
  try {
    for (const [name, image] of folder) writeFileSync(join(place, name), image.toBytes());
    const evidence = openEvidence(join(place, storeName), later);
    try {
      const { checks } = await examine(evidence, given);
      return checks.flatMap(({ invariant, findings }) =>
        findings.map(({ about, problem }) => `${invariant} ${about} ${problem}`),
      );
    } finally {
      await evidence.close();
    }
  } catch (error) {
    return [`the store can't be examined: ${describeError(error)}`];
  } finally {
    rmSync(place, { recursive: true });
  }
};

/**
 * A name for what the product makes of these files when it opens them and closes them again: all that is
 * committed in them, byte by byte, wherever in the log or the file it was.
 * @throws what `openDatabase` throws.
 */
export const nameContents = (folder: Folder): string => {
  const disk = createDisk(0, folder);
  openOn(disk).close();
  return createHash('sha1')
    .update(disk.contents().get(storeName)?.toBytes() ?? '')
    .digest('hex');
};

/** What of the acknowledged is not there when the product opens these files. */
export const findLosses = async (folder: Folder, acknowledged: Acknowledged): Promise<readonly string[]> => {
  const store = createSqliteStore(openOn(createDisk(0, folder)));
  try {
    return await listLosses(store, acknowledged);
  } finally {
    await store.close();
  }
};

/**
 * Opens what is left, lets it run until it is quiet, places one more order, and examines it before and after.
 * Returns what is not as it must be, in words.
 */
export const recover = async (
  disk: Disk,
  settings: ShopSettings,
  outside: Outside,
): Promise<readonly string[]> => {
  const { bank, acknowledged, openings } = outside;
  const problems: string[] = [];
  if (acknowledged.isOpen) {
    problems.push(...(await examineFolder(disk.contents(), { ledger: bank.ledger })));
  }
  try {
    const shop = await openShop(disk, settings, outside);
    problems.push(...(await comeToRest(shop)));
    await place(`good-new-${openings}`)(shop, acknowledged);
    problems.push(...(await comeToRest(shop)));
    await shop.close();
  } catch (error) {
    return [...problems, `it does not work again: ${describeError(error)}`];
  }
  return [...problems, ...(await examineFolder(disk.contents(), { ledger: bank.ledger, atRest: true }))];
};

/** Lets time pass until nothing moves. What still moves after ten minutes is returned, in words. */
export const comeToRest = async ({ store, pass }: Shop): Promise<readonly string[]> => {
  for (let passed = 0; ; passed += 20_000) {
    const { pendingCalls } = await store.figures();
    const moving = await store.list({ settled: false, limit: 100 });
    if (pendingCalls === 0 && moving.length === 0) return [];
    if (passed >= tenMinutes) {
      const who = moving.map(({ orderId }) => orderId).join(', ');
      return [`${who} did not come to an end in ten minutes`];
    }
    await pass(20_000);
  }
};
