// What is kept outside of the store of the shop's orders, from files: the gateway's ledger and the mail folder. It only
// opens them for an examination.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Application } from '../../application.ts';
import type { Examination, ExaminationProgress, ExaminationReport } from '../../audit.ts';
import { compareIds, type OutsideRecords } from '../../audit-source.ts';
import { readMailName } from '../mail-names.ts';
import { outsideNames } from './checks.ts';
import { readGatewayLedger } from './gateway-ledger-file.ts';

interface OutsideFiles {
  /** An export of the gateway's ledger (.csv or .jsonl). */
  readonly gatewayLedger?: string;
  /** The folder of the file mailer. */
  readonly mailDirectory?: string;
}

/** What to examine, as the command gets it. */
interface StoreExamination extends OutsideFiles {
  /** `sqlite:PATH`, or the path of a SQLite file alone; `postgres://…`. */
  readonly address: string;
  /** Left out: the shop as it is shipped. */
  readonly application?: Application;
  /** How far the gateway's clock may be behind ours. */
  readonly clockToleranceMs?: number;
  /** Left out: true. */
  readonly replay?: boolean;
  readonly onProgress?: (progress: ExaminationProgress) => void;
}

/**
 * Examines a store that may be in use.
 * @throws AppError `invalid-setting` or `store-unsupported` when there is nothing that can be examined.
 */
export type ExamineStore = (order: StoreExamination) => Promise<ExaminationReport>;

/** @throws AppError `invalid-setting` when the ledger cannot be read. */
export const openOutside = async ({
  gatewayLedger,
  mailDirectory,
}: OutsideFiles): Promise<{ outside: NonNullable<Examination['outside']>; close(): void }> => {
  const ledger = gatewayLedger === undefined ? undefined : await readGatewayLedger(gatewayLedger);
  const outside = {
    ...(ledger && { [outsideNames.ledger]: ledger }),
    ...(mailDirectory !== undefined && { [outsideNames.mails]: readMails(mailDirectory) }),
  };
  return { outside, close: () => ledger?.close() };
};

/** The notices in the mail folder, by kind, and when each was written (ms since 1970). */
const readMails = (directory: string): OutsideRecords => ({
  entries: function* () {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    const mails = names.flatMap((name) => {
      const mail = readMailName(name);
      return mail ? [{ ...mail, name }] : [];
    });
    mails.sort((one, other) => compareIds(one.orderId, other.orderId));
    for (const { orderId, kind, name } of mails) {
      const found = statSync(join(directory, name), { throwIfNoEntry: false });
      if (found) yield { orderId, kind, at: found.mtimeMs };
    }
  },
});
