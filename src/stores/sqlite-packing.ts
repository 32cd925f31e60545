// An order's system as its row has it: packed, because it is written at every commit of its order, and one is much
// like the next. Packed text names its dictionary (`2:` and base64); text from before there was packing begins
// with a brace and is taken as it is.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { firstDictionary, secondDictionary } from './packing-dictionary.ts';

// Small windows and buffers: they are allocated for each text, which takes longer than the compression. Of a
// dictionary longer than the window (4 KiB) only the end would be of use.
const toWindow = (dictionary: string) => ({ windowBits: 12, dictionary: Buffer.from(dictionary) });
const newest = '2:';
const newestWindow = toWindow(secondDictionary);
const packing = { ...newestWindow, level: 3, memLevel: 3, chunkSize: 1024 };
/** By prefix. */
const unpacking = new Map([
  ['1:', { ...toWindow(firstDictionary), chunkSize: 4096 }],
  [newest, { ...newestWindow, chunkSize: 4096 }],
]);

/** About a tenth of the length of `text`, the JSON of a system. */
export const pack = (text: string): string => newest + deflateRawSync(text, packing).toString('base64');

/** What was packed; text that cannot be unpacked is returned as it is, and its reader refuses it. */
export const unpack = (kept: string): string => {
  const options = unpacking.get(kept.slice(0, newest.length));
  if (options === undefined) return kept;
  try {
    return inflateRawSync(Buffer.from(kept.slice(newest.length), 'base64'), options).toString();
  } catch {
    return kept;
  }
};
