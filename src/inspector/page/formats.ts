// Money, times, durations and message names as people read them. Amounts come in minor units.
import { toDeadlineName } from '../../step/deadline-name.ts';
import type { Point } from '../shapes.ts';

const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

export const toMoney = (amount: number, currency: string): string => {
  if (!/^[A-Z]{3}$/.test(currency)) return String(amount);
  const digits = digitsOf(currency);
  return `${(amount / 10 ** digits).toLocaleString('en', { minimumFractionDigits: digits })} ${currency}`;
};

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
/** The same where there is little room: `12 s`, `4 min`, `3 h`. */
export const toShortDuration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : toDuration(ms).split(' ', 2).join(' ');

const toPair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

export const toClock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');
export const toPreciseClock = (at: number): string => `${toClock(at)}.${String(at % 1000).padStart(3, '0')}`;

/** The part of an id that tells orders apart. */
export const toShortId = (id: string): string => (id.length > 12 ? `…${id.slice(-8)}` : id);

/** The type of a message, or the name of the deadline that passes. */
export const toMessageName = ({ kind, type }: Pick<Point, 'kind' | 'type'>): string =>
  kind === 'deadline' ? `${toDeadlineName(type) ?? type} passes` : type;
