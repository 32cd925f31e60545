// Goes through a migration page after page: at a bounded speed, until the last page, the end of a sample or a signal. It
// neither knows where pages come from nor prints anything.
import type { Clock } from '../clock.ts';
import {
  type MigratePage,
  type MigrationGroup,
  type MigrationPageRequest,
  mergeGroups,
  pageSizes,
} from '../migration.ts';

export interface PacedPages {
  readonly migratePage: MigratePage;
  readonly request: Omit<MigrationPageRequest, 'limit'>;
  /** Left out: as fast as it goes. */
  readonly ordersPerSecond?: number;
  /** Orders, at most. Left out: all. */
  readonly most?: number;
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** Ends it after the current page. */
  readonly signal: AbortSignal;
  onPage(sofar: Progress): void;
}

export interface Progress {
  readonly orders: number;
  readonly groups: readonly MigrationGroup[];
}

export interface PacedResult extends Progress {
  /** Whether there is nothing left to look at. */
  readonly complete: boolean;
}

/** Orders a second through a service: placing orders keeps more than four fifths of its rate (bench/migrate.main.ts). */
export const usualRate = 400;

/** Short pages at a bounded speed: what else goes on is disturbed little and often. */
const pagesPerSecond = 10;

/** At a bounded speed, the rest after a page is at least this part of its time: a busy service gets more of it. */
const leastRest = 0.5;

export const runPages = async (plan: PacedPages): Promise<PacedResult> => {
  const { migratePage, clock, signal, ordersPerSecond, most = Number.POSITIVE_INFINITY } = plan;
  const size =
    ordersPerSecond === undefined
      ? pageSizes.usual
      : Math.min(Math.ceil(ordersPerSecond / pagesPerSecond), pageSizes.usual);
  let request: Omit<MigrationPageRequest, 'limit'> = plan.request;
  let sofar: Progress = { orders: 0, groups: [] };
  while (!signal.aborted) {
    const startedAt = clock.now();
    const page = await migratePage({ ...request, limit: Math.min(size, most - sofar.orders) });
    sofar = {
      orders: sofar.orders + page.orders,
      groups: mergeGroups([...sofar.groups, ...page.groups]),
    };
    plan.onPage(sofar);
    if (page.next === null || sofar.orders >= most) return { ...sofar, complete: true };
    request = { ...request, after: page.next };
    if (ordersPerSecond === undefined) continue;
    const took = clock.now() - startedAt;
    const rest = (1000 * page.orders) / ordersPerSecond - took;
    await pause(clock, Math.max(rest, leastRest * took), signal);
  }
  return { ...sofar, complete: false };
};

const pause = async (clock: Pick<Clock, 'schedule'>, ms: number, signal: AbortSignal): Promise<void> => {
  if (ms <= 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  cancel();
};
