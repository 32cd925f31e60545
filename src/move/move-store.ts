// Moves a whole store: copies its tables row by row, settles what follows from them, has the doctor examine both sides, compares
// them, and hands over. Killed at any moment, it goes on where it was. It knows no kind of store.
import type { ExaminationProgress, ExaminationReport } from '../audit.ts';
import type { AuditSource } from '../audit-source.ts';
import type { Ids } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MovableStore, MoveMark, MoveRequest, MoveStore } from '../move.ts';
import { agree } from './agree.ts';
import { compareRecords, compareTables, keyOf, readPages } from './compare.ts';

interface MoveParts {
  /** `make`: makes the store if it is missing. */
  open(address: string, wish: { readonly make: boolean }): Promise<MovableStore>;
  /** A picture of the store at an address, which this process may hold. */
  openPicture(address: string): Promise<AuditSource>;
  examine(examination: {
    readonly address: string;
    readonly replay: boolean;
    readonly onProgress: (progress: ExaminationProgress) => void;
  }): Promise<ExaminationReport>;
  readonly ids: Ids;
  /** Rows of one transaction. */
  readonly rowsAtATime?: number;
}

interface Copying {
  readonly source: MovableStore;
  readonly target: MovableStore;
  /** The mark of the target. */
  readonly begun: MoveMark;
  readonly rowsAtATime: number;
}

const copy = async (
  { source, target, begun, rowsAtATime }: Copying,
  report: MoveRequest['onProgress'],
): Promise<void> => {
  const { progress } = begun;
  const first = source.tables.findIndex(({ name }) => name === progress?.table);
  for (const table of source.tables.slice(Math.max(first, 0))) {
    const of = await source.count(table);
    const isBegun = progress?.table === table.name;
    let rows = isBegun ? progress.rows : 0;
    for await (const page of readPages(source, table, rowsAtATime, isBegun ? progress.after : undefined)) {
      const last = page.at(-1);
      if (last === undefined) break;
      rows += page.length;
      const after = keyOf(table, last);
      await target.write(table, page, { ...begun, progress: { table: table.name, after, rows } });
      report({ doing: 'copying', table: table.name, rows, of });
    }
  }
};

/** What the doctor finds in a copy must be what it finds in the source. */
const requireSameFindings = (source: ExaminationReport, target: ExaminationReport): void => {
  for (const { invariant, violations } of source.checks) {
    const found = target.checks.find((check) => check.invariant === invariant)?.violations;
    if (found === violations) continue;
    throw new AppError(
      'store-unsupported',
      `The doctor finds ${found} violations of ${invariant} in the copy, and ${violations} in the source. The source is unchanged, and the target cannot be used. Keep both, and report it as a bug.`,
    );
  }
};

export const createMoveStore =
  ({ open, openPicture, examine, ids, rowsAtATime = limits.movedRows }: MoveParts): MoveStore =>
  async ({ from, to, anyway, replay, onProgress }) => {
    await using opened = new AsyncDisposableStack();
    const source = await open(from, { make: false });
    opened.defer(() => source.close());
    const target = await open(to, { make: true });
    opened.defer(() => target.close());
    const interrupted = await agree(source, target);
    const look = (address: string, store: MovableStore) =>
      examine({
        ...{ address, replay },
        onProgress: (progress) => onProgress({ doing: 'examining', store: store.address, progress }),
      });
    const report = await look(from, source);
    if (report.violations > 0 && !anyway) {
      return { moved: false, orders: report.orders, rows: {}, digest: '', report };
    }
    const leaving: MoveMark = {
      moveId: interrupted?.moveId ?? ids.next(),
      ...{ role: 'source', other: target.address, isComplete: false, progress: null },
    };
    const begun: MoveMark = interrupted ?? { ...leaving, role: 'target', other: source.address };
    if (interrupted === undefined) {
      await source.leave(leaving);
      await target.receive(begun);
    }
    await copy({ source, target, begun, rowsAtATime }, onProgress);
    await target.settle();
    requireSameFindings(report, await look(to, target));
    const rows = await compareTables(source, target, rowsAtATime);
    const [before, after] = [await openPicture(from), await openPicture(to)];
    opened.defer(() => before.close());
    opened.defer(() => after.close());
    const same = await compareRecords(before, after, (orders) => onProgress({ doing: 'comparing', orders }));
    // The source first: at no moment both can be used.
    await source.leave({ ...leaving, isComplete: true });
    await target.unmark();
    return { moved: true, rows, ...same, report };
  };
