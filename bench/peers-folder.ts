// A working copy of the peers' benchmark, which may be in a folder that nothing can be written to: copied, installed once, and
// run one peer at a time. It never writes to the original.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { loads, type Measured, type Peer, toMeasured } from './peers.ts';

interface Circumstances {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  say(line: string): void;
}

const perform = async (
  program: string,
  given: readonly string[],
  { folder, environment = {}, say }: Circumstances,
): Promise<void> => {
  const env = { ...process.env, ...environment };
  const child = spawn(program, given, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => line.trim() !== '' && say(line));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${given.join(' ')} ended with ${code}`);
};

/** What an installation makes and a run leaves: not copied. */
const made = new Set(['node_modules', 'out']);

/** The copy can be written to, whatever the modes of the original are. */
const copyFolder = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (made.has(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else {
      rmSync(target, { force: true });
      copyFileSync(source, target);
    }
  }
};

/**
 * Copies the benchmark in `from` to `to` with the peers in `own`, and installs its packages where those of the copy are others.
 * @throws Error when there is none, or it cannot be installed.
 */
export const prepare = async (
  from: string,
  to: string,
  { own, say }: { readonly own: string; readonly say: (line: string) => void },
): Promise<void> => {
  if (!existsSync(join(from, 'run.mjs'))) throw new Error(`there is no run.mjs in ${from}`);
  copyFolder(from, to);
  copyFolder(own, join(to, 'peers'));
  const wanted = readFileSync(join(to, 'package.json'), 'utf8');
  const record = join(to, 'node_modules', '.installed-package.json');
  if (existsSync(record) && readFileSync(record, 'utf8') === wanted) return;
  say('npm install of the peers, which is kept for the next time');
  await perform('npm', ['install', '--no-audit', '--no-fund'], { folder: to, say });
  writeFileSync(record, wanted);
};

/** The name of the disk that `folder` is on, for the system's counters; undefined where it has none. */
const findDisk = (folder: string): string | undefined => {
  const { dev } = statSync(folder);
  // As Linux packs a device's number.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const entry = `/sys/dev/block/${major}:${minor}`;
  if (!existsSync(entry)) return undefined;
  const device = realpathSync(entry);
  return basename(existsSync(join(device, 'partition')) ? dirname(device) : device);
};

export interface PeerRun {
  /** The working copy. */
  readonly folder: string;
  /** Where the peer's servers and Orderchart keep their data. */
  readonly dataFolder: string;
  /** Of this clone. */
  readonly root: string;
  readonly seconds: number;
  say(line: string): void;
}

/** @throws Error when a run fails, or leaves something wrong in the peer's store. */
export const runPeer = async (
  peer: Peer,
  { folder, dataFolder, root, seconds, say }: PeerRun,
): Promise<Measured> => {
  rmSync(join(folder, 'out'), { recursive: true, force: true });
  const disk = findDisk(dataFolder);
  const environment = {
    ...(disk !== undefined && { BENCH_DISK: disk }),
    ...{ ORDERCHART: root, BENCH_DATA: dataFolder, ...peer.environment },
  };
  const inFlight = `${loads.many},${loads.alone}`;
  const given = ['run.mjs', peer.id, '--c', inFlight, '--runs', '1', '--target', String(seconds)];
  await perform(process.execPath, given, { folder, environment, say });
  return toMeasured(peer.id, readFileSync(join(folder, 'out/results.jsonl'), 'utf8'));
};

/** The version that `folder` has installed of a package. */
export const readPackageVersion = (folder: string, name: string): string =>
  z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'))).version;
