// The part that runs other systems in turn with ours, in several rounds, and publishes the comparison. What cannot be run here is
// left out by name; a run whose outcome is wrong ends the part.
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Part, Scale } from './figures.ts';
import { type Peer, peers, type Round, type Server, toFigures } from './peers.ts';
import { prepare, readPackageVersion, runPeer } from './peers-folder.ts';
import { findMissing, readServerVersions, requireFreePorts } from './peers-servers.ts';
import { toComparison } from './peers-table.ts';

const root = resolve(import.meta.dirname, '..');
/** Kept between calls, so that the peers are installed once. */
const copy = join(root, 'data/peers');
/** Peers that the benchmark itself does not have. */
const own = join(import.meta.dirname, 'peers');
export const usualPeers = resolve(root, '../shared/peers');

export interface PeersPlan {
  /** The peers' benchmark. */
  readonly folder: string;
  /** It was asked for: without it the part fails, and is not left out. */
  readonly isRequired: boolean;
  readonly command: string;
  readonly machine: string;
  /** Of Orderchart. */
  readonly version: string;
  /** Prints the comparison, and keeps it where that is asked for. */
  publish(comparison: string): void;
}

const toRunning = (plan: PeersPlan, data: string, say: Scale['say']): readonly Peer[] =>
  peers.filter(({ id, name, needs }) => {
    const isThere = [join(plan.folder, 'peers'), own].some((folder) => existsSync(join(folder, `${id}.mjs`)));
    const missing = isThere
      ? needs.flatMap((server) => findMissing(server, { data, peers: copy }) ?? [])
      : [`there is no peers/${id}.mjs in ${plan.folder}`];
    if (missing.length > 0) say(`${name} is left out: ${missing.join('; ')}`);
    return missing.length === 0;
  });

const readVersions = (running: readonly Peer[], version: string): readonly string[] => {
  const packages = running.flatMap(({ product }) =>
    product === undefined ? [] : [`${product.name} ${readPackageVersion(copy, product.packageName)}`],
  );
  const servers = new Set<Server>(running.flatMap(({ needs }) => needs));
  return [`Orderchart ${version}`, ...new Set(packages), ...readServerVersions(servers)];
};

const measure = async (plan: PeersPlan, { quick, folder, say }: Scale): Promise<readonly Round[]> => {
  const rounds: Round[] = [];
  // A server that runs as another user makes its files here.
  chmodSync(folder, 0o755);
  const dataFolder = join(resolve(folder), 'peers');
  mkdirSync(dataFolder);
  const running = toRunning(plan, dataFolder, say);
  const count = quick ? 1 : 3;
  for (let number = 1; number <= count; number += 1) {
    const round = new Map<string, Awaited<ReturnType<typeof runPeer>>>();
    for (const peer of running) {
      await requireFreePorts(peer.needs);
      const run = { folder: copy, dataFolder, root, seconds: quick ? 4 : 8 };
      round.set(peer.id, await runPeer(peer, { ...run, say: (line) => say(`round ${number}: ${line}`) }));
    }
    rounds.push(round);
  }
  const { command, machine, version } = plan;
  const versions = readVersions(running, version);
  const date = new Date().toISOString().slice(0, 10);
  plan.publish(toComparison(rounds, { command, machine, versions, date }));
  return rounds;
};

export const createPeersPart = (plan: PeersPlan): Part => ({
  name: 'peers',
  about: 'BullMQ, Restate, DBOS and OpenWorkflow in turn with ours (over a file, and over PostgreSQL)',
  measure: async (scale) => {
    if (!existsSync(plan.folder)) {
      const text = `there is no ${plan.folder}; --peers DIR names the benchmark of the peers`;
      if (plan.isRequired) throw new Error(text);
      scale.say(`left out: ${text}`);
      return [];
    }
    await prepare(plan.folder, copy, { own, say: scale.say });
    return toFigures(await measure(plan, scale));
  },
});
