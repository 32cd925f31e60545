// Every version of the charts on which orders may be stored. New orders start on the newest; a stored order goes on with its
// own. A released version is frozen: its charts are in a folder of their own, and its fingerprint says what they do.
import { messages } from './messages.ts';
import { orderSystem } from './system.ts';
import { version1 } from './v1/version.ts';

/** The version of new orders. */
export const newestVersion = orderSystem.version;

/** By version. One goes when no stored history contains it. */
export const registry = {
  1: version1,
  [newestVersion]: { charts: orderSystem.charts, messages },
} as const;
