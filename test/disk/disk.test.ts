// The simulated disk itself: what it keeps, and what it loses.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { createDisk, type Disk } from './disk.ts';
import { FileImage } from './file-image.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (image: FileImage | undefined) => image && new TextDecoder().decode(image.toBytes());
const seeds = Array.from({ length: 200 }, (_, seed) => seed);
/** What two hundred power cuts leave of a file. */
const leftOf = (disk: Disk, name: string) =>
  new Set(seeds.map((seed) => textOf(disk.afterPowerCut(createRandom(seed)).get(name))));

describe('a power cut', () => {
  it('leaves what was synced, with its name, as it was', () => {
    const disk = createDisk(1);
    disk.create('a');
    disk.write('a', 0, bytes('synced'));
    disk.sync('a', true);
    expect(leftOf(disk, 'a')).toEqual(new Set(['synced']));
  });
  it('may take the name of a new file whose folder was not synced', () => {
    const disk = createDisk(1);
    disk.create('a');
    disk.write('a', 0, bytes('synced'));
    disk.sync('a', false);
    expect(leftOf(disk, 'a')).toEqual(new Set(['synced', undefined]));
  });
  it('may restore a deleted file, unless its folder was synced', () => {
    const disk = createDisk(1, new Map([['a', FileImage.empty()]]));
    disk.delete('a', false);
    expect(disk.has('a')).toBe(false);
    expect(leftOf(disk, 'a')).toEqual(new Set(['', undefined]));
    disk.create('a');
    disk.delete('a', true);
    expect(leftOf(disk, 'a')).toEqual(new Set([undefined]));
  });
  it('leaves of what was not synced all, nothing, one without the other, or a part', () => {
    const disk = createDisk(1, new Map([['a', FileImage.empty()]]));
    disk.write('a', 0, bytes('one'));
    disk.write('a', 3, bytes('two'));
    const left = leftOf(disk, 'a');
    expect(left.has('onetwo')).toBe(true);
    expect(left.has('')).toBe(true);
    expect(left.has('\0\0\0two')).toBe(true);
    expect([...left].some((text) => text === 'on' || text === 'onet')).toBe(true);
  });
  it('tears a long write between its sectors too', () => {
    const disk = createDisk(1, new Map([['a', FileImage.empty()]]));
    disk.write('a', 0, new Uint8Array(2048).fill(1));
    const left = seeds.map((seed) => disk.afterPowerCut(createRandom(seed)).get('a')?.toBytes() ?? []);
    const hasHole = ([first, ...others]: Iterable<number>) => first === 0 && others.includes(1);
    expect(left.some(hasHole)).toBe(true);
  });
  it('changes nothing for a program that goes on', () => {
    const disk = createDisk(1, new Map([['a', FileImage.empty()]]));
    disk.write('a', 0, bytes('written'));
    leftOf(disk, 'a');
    expect(textOf(disk.contents().get('a'))).toBe('written');
  });
});

describe('a sync that fails', () => {
  it('may lose what was written, and the next one says that all is well', () => {
    const lost = seeds.filter((seed) => {
      const disk = createDisk(seed, new Map([['a', FileImage.empty()]]));
      disk.write('a', 0, bytes('written'));
      disk.failureOf = ({ kind }) => (kind === 'sync' ? 'io-error' : undefined);
      expect(disk.sync('a', false)).toBe('io-error');
      disk.failureOf = () => undefined;
      expect(disk.sync('a', false)).toBeUndefined();
      expect(textOf(disk.contents().get('a'))).toBe('written');
      return !leftOf(disk, 'a').has('written');
    });
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(seeds.length);
  });
});

describe('a write that fails', () => {
  it('says so, and may leave a part of itself', () => {
    const left = seeds.map((seed) => {
      const disk = createDisk(seed, new Map([['a', FileImage.empty()]]));
      disk.failureOf = () => 'full';
      expect(disk.write('a', 0, bytes('written'))).toBe('full');
      return textOf(disk.contents().get('a'));
    });
    expect(new Set(left).size).toBeGreaterThan(2);
  });
});

describe('a file', () => {
  it('that is cut and grows again has zeros where it was cut', () => {
    const image = FileImage.empty();
    image.apply({ kind: 'write', offset: 4090, bytes: bytes('over the edge of a block') });
    image.apply({ kind: 'truncate', size: 4092 });
    image.apply({ kind: 'write', offset: 4100, bytes: bytes('x') });
    expect(textOf(image)?.slice(4090)).toBe(`ov${'\0'.repeat(8)}x`);
  });
  it('and its copy go different ways', () => {
    const image = FileImage.empty();
    image.apply({ kind: 'write', offset: 0, bytes: bytes('same') });
    const copy = image.copy();
    image.apply({ kind: 'write', offset: 0, bytes: bytes('some') });
    expect([textOf(image), textOf(copy)]).toEqual(['some', 'same']);
  });
});
