// An order's system as its row has it: packed, because it is written at every commit of its order, and one is much like the
// next. Packed bytes begin with the number of their form. Earlier forms are read and no longer written: text that names its
// dictionary (`1:`, `2:` and base64), and JSON from before there was packing.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { firstDictionary, secondDictionary, thirdDictionary } from './packing-dictionary.ts';
import { restoreIds, shortenIds } from './short-ids.ts';

// Small windows and buffers: they are allocated for each text, which takes longer than the compression. Of a
// dictionary longer than the window only the end would be of use.
const toWindow = (windowBits: number, dictionary: string) => ({
  windowBits,
  dictionary: Buffer.from(dictionary),
});
const third = toWindow(13, thirdDictionary);
const packing = { ...third, level: 3, memLevel: 3, chunkSize: 1024 };
const unpacking = { ...third, chunkSize: 4096 };
/** By prefix. */
const ofTexts = new Map([
  ['1:', { ...toWindow(12, firstDictionary), chunkSize: 4096 }],
  ['2:', { ...toWindow(12, secondDictionary), chunkSize: 4096 }],
]);
/** Bytes of the third dictionary, with ~ in place of the order's id. */
const form = 3;

/** Some 4 to 7 % of the length of `text`, the JSON of a system. The bytes share their memory with nothing. */
export const pack = (orderId: string, text: string): Uint8Array => {
  const deflated = deflateRawSync(shortenIds(orderId, text), packing);
  const packed = new Uint8Array(1 + deflated.length);
  packed[0] = form;
  packed.set(deflated, 1);
  return packed;
};

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
