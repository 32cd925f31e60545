// An order's system as its row has it: packed, because it is written at every commit of its order, and one is much
// like the next. Packed text names its dictionary (`1:` and base64); text from before there was packing begins
// with a brace and is taken as it is.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { firstDictionary } from './packing-dictionary.ts';

const prefix = '1:';
// Small windows and buffers: they are allocated for each text, which takes longer than the compression. Of a
// dictionary longer than the window (4 KiB) only the end would be of use.
const window = { windowBits: 12, dictionary: Buffer.from(firstDictionary) };
const packing = { ...window, level: 3, memLevel: 3, chunkSize: 1024 };
const unpacking = { ...window, chunkSize: 4096 };

/** About a tenth of the length of `text`, the JSON of a system. */
export const pack = (text: string): string => prefix + deflateRawSync(text, packing).toString('base64');

/** What was packed; text that cannot be unpacked is returned as it is, and its reader refuses it. */
export const unpack = (kept: string): string => {
  if (!kept.startsWith(prefix)) return kept;
  try {
    return inflateRawSync(Buffer.from(kept.slice(prefix.length), 'base64'), unpacking).toString();
  } catch {
    return kept;
  }
};
