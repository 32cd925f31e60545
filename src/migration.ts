// Moving many stored orders to another chart version, a page at a time: what a page is asked for, and what it answers. The
// caller keeps the cursor, so it decides about speed, progress, stopping and going on. How a page is done is in migration/.
import { z } from 'zod';
import type { Host } from './host.ts';

/** Orders that are looked at in one request. */
export const pageSizes = { usual: 500, most: 1000 } as const;

/** What a page leaves out. */
export interface MigrationFilter {
  /** The main actor's top-level state. */
  readonly state?: string;
  readonly owner?: string;
  /** Placed before then (ms since 1970). */
  readonly createdBefore?: number;
  /** Only orders on these versions. Left out: every version but the one to move to. */
  readonly from?: readonly string[];
}

export interface MigrationPageRequest {
  /** The chart version to move to. */
  readonly to: string;
  readonly why: string;
  readonly who: string;
  /** The named caller who asks; recorded with each message. */
  readonly principal?: string | undefined;
  /** Rehearse: nothing is stored. */
  readonly dryRun: boolean;
  /** Undo the last migration, for orders to which nothing has happened since. */
  readonly back: boolean;
  readonly filter: MigrationFilter;
  /** Continue after this order: the `next` of the page before. */
  readonly after?: string;
  /** Orders on the page. */
  readonly limit: number;
}

/** What became of an order, or would become of it. */
export const migrationOutcome = z.enum([
  /** It is moved, and waits for the same calls, deadlines and people. */
  'moves',
  /** It is moved, and what it waits for changes: `reasons` says how. */
  'moves-with-changes',
  /** Its states are not in the other charts, and no rule says where they are. */
  'needs-rule',
  /** It cannot be moved: pending work would be lost, nothing would move it any more, or its rule refuses. */
  'stuck',
  'unreadable',
  'already-there',
  /** There is nothing to undo: it was never moved from there. */
  'not-moved',
]);
export type MigrationOutcomeName = z.infer<typeof migrationOutcome>;

/** Examples and reasons that a group lists, at most. */
const listedOfGroup = 5;

/** Orders of one version and state to which the same happens. */
export const migrationGroup = z.strictObject({
  from: z.string().describe('the version that the orders are on'),
  state: z.string().describe("the main actor's state"),
  outcome: migrationOutcome.describe('what happens to them'),
  count: z.int(),
  examples: z.array(z.string()).max(listedOfGroup).describe('ids of some of them'),
  reasons: z.array(z.string()).max(listedOfGroup).describe('why, or what changes, in words'),
});
export type MigrationGroup = z.infer<typeof migrationGroup>;

export const migrationPage = z.strictObject({
  next: z.string().nullable().describe('send it as `after` to continue; null: this was the last page'),
  orders: z.int().describe('orders on this page'),
  groups: z.array(migrationGroup),
});
export type MigrationPage = z.infer<typeof migrationPage>;

/** Moves the orders of one page, or rehearses that. An order that is there already is not touched. */
export type MigratePage = (request: MigrationPageRequest) => Promise<MigrationPage>;

/** Migrations of a store that no service holds. */
export interface OfflineMigrations {
  readonly migratePage: MigratePage;
  close(): Promise<void>;
}

/** What pages are made with: a running host, or one that does nothing else. */
export type MigratingHost = Pick<Host, 'migrate' | 'rehearse' | 'list'>;

/** Outcomes with which the orders are not where they should be: somebody has to do something. */
export const isTrouble = ({ outcome }: Pick<MigrationGroup, 'outcome'>): boolean =>
  outcome === 'needs-rule' || outcome === 'stuck' || outcome === 'unreadable';

const outcomes = migrationOutcome.options;
const compareGroups = (one: MigrationGroup, other: MigrationGroup): number =>
  one.from.localeCompare(other.from) ||
  one.state.localeCompare(other.state) ||
  outcomes.indexOf(one.outcome) - outcomes.indexOf(other.outcome);

const firstDistinct = (texts: readonly string[]): string[] => [...new Set(texts)].slice(0, listedOfGroup);

/** The groups of several pages as those of one, by version, state and outcome. */
export const mergeGroups = (groups: readonly MigrationGroup[]): MigrationGroup[] => {
  const merged = Map.groupBy(groups, ({ from, state, outcome }) => JSON.stringify([from, state, outcome]));
  return [...merged.values()]
    .flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      return {
        ...first,
        count: same.reduce((sum, { count }) => sum + count, 0),
        examples: firstDistinct(same.flatMap(({ examples }) => examples)),
        reasons: firstDistinct(same.flatMap(({ reasons }) => reasons)),
      };
    })
    .toSorted(compareGroups);
};
