// An order's system as its row has it: packed, because it is written at every commit of its order, and one is much like the
// next. Packed bytes begin with the number of their form. Earlier forms are read and no longer written: text that names its
// dictionary (`1:`, `2:` and base64), and JSON from before there was packing.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { firstDictionary, secondDictionary } from './packing-dictionary.ts';
import { restoreIds, shortenIds } from './sqlite-ids.ts';

// Small windows and buffers: they are allocated for each text, which takes longer than the compression. Of a
// dictionary longer than the window (4 KiB) only the end would be of use.
const toWindow = (dictionary: string) => ({ windowBits: 12, dictionary: Buffer.from(dictionary) });
const second = toWindow(secondDictionary);
const packing = { ...second, level: 3, memLevel: 3, chunkSize: 1024 };
const unpacking = { ...second, chunkSize: 4096 };
/** By prefix. */
const ofTexts = new Map([
  ['1:', { ...toWindow(firstDictionary), chunkSize: 4096 }],
  ['2:', unpacking],
]);
/** Bytes of the second dictionary, with ~ in place of the order's id. */
const form = 3;

/** Some 5 to 13 % of the length of `text`, the JSON of a system. */
export const pack = (orderId: string, text: string): Uint8Array =>
  Buffer.concat([Buffer.of(form), deflateRawSync(shortenIds(orderId, text), packing)]);

/** What was packed; what cannot be unpacked is returned as text that is no JSON, and its reader refuses it. */
export const unpack = (orderId: string, kept: string | Uint8Array): string => {
  if (typeof kept === 'string') return unpackText(kept);
  try {
    if (kept[0] !== form) return `packed in form ${kept[0]}`;
    return restoreIds(orderId, inflateRawSync(kept.subarray(1), unpacking).toString());
  } catch {
    return 'packed, and damaged';
  }
};

const unpackText = (kept: string): string => {
  const options = ofTexts.get(kept.slice(0, 2));
  if (options === undefined) return kept;
  try {
    return inflateRawSync(Buffer.from(kept.slice(2), 'base64'), options).toString();
  } catch {
    return kept;
  }
};
