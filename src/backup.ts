// A copy of a store in one file, and what is said of it: the contract between the command and what makes it.
import type { ExaminationProgress, ExaminationReport } from './audit.ts';

/** How far a backup is: pages are copied, then what was copied is examined. */
export type BackupProgress =
  | { readonly doing: 'copying'; readonly pages: number; readonly of: number }
  | { readonly doing: 'examining'; readonly progress: ExaminationProgress };

export interface BackupRequest {
  /** The SQLite file of the store, which may be in use. */
  readonly databasePath: string;
  /** Where the copy is to be; nothing may be there. */
  readonly target: string;
  onProgress(progress: BackupProgress): void;
}

export interface BackupResult {
  /** False if the copy violates what has to hold: then none is left. */
  readonly made: boolean;
  readonly bytes: number;
  readonly report: ExaminationReport;
}

/**
 * Copies a store, examines the copy, and puts it in its place only if everything holds.
 * @throws AppError `invalid-setting` if the target is there or cannot be made, `store-unavailable` if the store cannot be
 * copied.
 */
export type MakeBackup = (request: BackupRequest) => Promise<BackupResult>;

export interface AcceptedCopy {
  readonly accepted: boolean;
  readonly report: ExaminationReport;
}

/**
 * Examines a store that is not in use, and marks it as a copy that was restored; not if anything is wrong with it, unless
 * `anyway`. A store that was moved away can be used again then, as a copy from that time.
 * @throws AppError `store-in-use`, `invalid-setting`, `store-unsupported`.
 */
export type AcceptCopy = (address: string, anyway: boolean) => Promise<AcceptedCopy>;
