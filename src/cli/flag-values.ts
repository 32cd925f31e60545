// Values of flags that several commands take.
import { AppError } from '../errors.ts';

export const invalidFlag = (flag: string, value: string | undefined, problem: string): AppError =>
  new AppError('invalid-setting', `Invalid --${flag}${value === undefined ? '' : `=${value}`}: ${problem}`);

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ms of an age such as 12h. @throws AppError `invalid-setting`. */
export const toAge = (flag: string, text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (ms === undefined) throw invalidFlag(flag, text, 'it must be an age such as 90s, 30m, 12h or 2d');
  return Number(count) * ms;
};

/** A whole number from 1 with at most so many digits. @throws AppError `invalid-setting`. */
export const toCount = (flag: string, text: string | undefined, mostDigits: number): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text) && text.length <= mostDigits) return Number(text);
  throw invalidFlag(flag, text, 'it must be a whole number from 1');
};
