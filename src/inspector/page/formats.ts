// Times, durations, message names and other facts as people read them.

import type { Slo, SloFigures } from '../../slo.ts';
import { toDeadlineName } from '../../step/deadline-name.ts';
import type { Point } from '../server/protocol.ts';

/** `850 ms`, `12 s`, `4 min 10 s`, `3 h 20 min`, `2 d 4 h`. */
export const toDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return toPair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400)
    return toPair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  return toPair(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h');
};
/** The largest unit alone: `12 s`, `4 min`, `3 h`. */
export const toShortDuration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : toDuration(ms).split(' ', 2).join(' ');

const toPair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

export const toClock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');
export const toPreciseClock = (at: number): string => `${toClock(at)}.${String(at % 1000).padStart(3, '0')}`;

/** Rounded down, so that an objective that is missed never looks met: `95 %`. */
export const toPercent = (share: number): string => `${Math.floor(share * 100 + 1e-9)} %`;

export const toSloText = (slo: Slo, figures: SloFigures | undefined): string => {
  const target = `objective: ${toPercent(slo.share)} leave within ${toDuration(slo.withinMs)}`;
  if (figures === undefined || figures.left === 0) return `${target}; none left in the last hour`;
  const { within, left } = figures;
  return `${target}; in the last hour ${within.toLocaleString('en')} of ${left.toLocaleString('en')} did`;
};

/** The part of an id that tells orders apart. */
export const toShortId = (id: string): string => (id.length > 12 ? `…${id.slice(-8)}` : id);

/** What became of a message; `dead` is how it is recorded. */
export const toDisposition = (disposition: string): string =>
  disposition === 'dead' ? 'quarantined' : disposition;

export const toCount = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** The type of a message, or the name of the deadline that passes. */
export const toMessageName = ({ kind, type }: Pick<Point, 'kind' | 'type'>): string =>
  kind === 'deadline' && toDeadlineName(type) !== undefined ? `${toDeadlineName(type)} passes` : type;
