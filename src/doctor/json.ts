// Reading JSON that may be anything, and finding where two values differ. It never shows the values themselves: an
// order's data is personal, and reports are passed around.
import type { Fields } from '../audit-source.ts';
import { findDifferentPath } from '../step/same-data.ts';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a JSON object; undefined for anything else. */
export const readFields = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Whether a stored JSON text is what `value` is as JSON. The order of fields is free. */
export const isStoredAs = (stored: string, value: unknown): boolean => {
  const text = JSON.stringify(value);
  return text === stored || findDifference(stored, text) === undefined;
};

/** The path to the first place in which two JSON texts differ; undefined when there is none. */
export const findDifference = (one: string, other: string): string | undefined => {
  try {
    return findDifferentPath(JSON.parse(one), JSON.parse(other));
  } catch {
    return 'it is not JSON';
  }
};
