// The comparison with the peers as Markdown: a table, and below it where a peer is ahead of ours, said from the same numbers.
// It measures nothing, and leaves nothing out that ran.
import { bullmq, type Measured, ours, type Peer, peers, type Round, toMedian, toRatio } from './peers.ts';

/** How and where it was measured. */
export interface Circumstances {
  readonly command: string;
  readonly machine: string;
  /** Node and the systems, each with its version. */
  readonly versions: readonly string[];
  /** YYYY-MM-DD. */
  readonly date: string;
}

interface Column {
  readonly title: string;
  readonly of: keyof Measured;
  readonly digits: number;
  readonly better: 'more' | 'less';
}

const rate: Column = { title: 'orders/s', of: 'rate', digits: 0, better: 'more' };
const others: readonly Column[] = [
  { title: 'CPU ms/order', of: 'cpu', digits: 2, better: 'less' },
  { title: 'KiB/order', of: 'kib', digits: 1, better: 'less' },
  { title: 'flushes/order', of: 'flushes', digits: 2, better: 'less' },
  { title: 'memory MiB', of: 'memoryMiB', digits: 0, better: 'less' },
  { title: 'p50 alone, ms', of: 'p50Alone', digits: 1, better: 'less' },
];

const toText = (value: number | undefined, digits: number): string =>
  value === undefined
    ? '–'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const findRun = (rounds: readonly Round[]): readonly Peer[] => {
  const toRate = (peer: Peer) => toMedian(rounds, peer, 'rate') ?? 0;
  return peers.filter((peer) => toRate(peer) > 0).toSorted((a, b) => toRate(b) - toRate(a));
};

/** The columns in which `peer` is better than ours as they are shown, such as "KiB/order (14.2, ours 19.3)". */
const findAhead = (rounds: readonly Round[], peer: Peer): readonly string[] =>
  [rate, ...others].flatMap(({ title, of, digits, better }) => {
    const [its, own] = [toMedian(rounds, peer, of), toMedian(rounds, ours, of)];
    if (its === undefined || own === undefined) return [];
    const isAhead = better === 'more' ? its > own : its < own;
    const [shown, ownShown] = [toText(its, digits), toText(own, digits)];
    return isAhead && shown !== ownShown ? [`${title} (${shown}, ours ${ownShown})`] : [];
  });

/** Says for each peer in what it is ahead of ours. */
export const tellAhead = (rounds: readonly Round[]): string => {
  const lines = findRun(rounds)
    .filter(({ isOurs }) => isOurs !== true)
    .map((peer) => ({ name: peer.name, ahead: findAhead(rounds, peer) }))
    .filter(({ ahead }) => ahead.length > 0)
    .map(({ name, ahead }) => `- ${name}: ${ahead.join('; ')}`);
  if (lines.length === 0) return 'No other system is ahead of Orderchart in any column.';
  return `Where another system is ahead of Orderchart:\n\n${lines.join('\n')}`;
};

export const toComparison = (rounds: readonly Round[], circumstances: Circumstances): string => {
  const titles = ['system', rate.title, '× BullMQ', ...others.map(({ title }) => title)];
  const rows = findRun(rounds).map((peer) => [
    peer.isOurs ? `**${peer.name}**` : peer.name,
    toText(toMedian(rounds, peer, 'rate'), rate.digits),
    toText(toRatio(rounds, 'rate', peer, bullmq), 2),
    ...others.map(({ of, digits }) => toText(toMedian(rounds, peer, of), digits)),
  ]);
  const toRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = ['---', ...titles.slice(1).map(() => '---:')];
  const { command, machine, versions, date } = circumstances;
  const how = rounds.length === 1 ? 'one round' : `medians of ${rounds.length} rounds`;
  return [
    [titles, rule, ...rows].map(toRow).join('\n'),
    `\`${command}\`, ${how}, on ${machine}, ${date}. ${versions.join(', ')}.`,
    tellAhead(rounds),
  ].join('\n\n');
};

const [opening, closing] = ['<!-- peers -->', '<!-- /peers -->'];

/** `page` with the comparison between its two markers. @throws Error where it has them not. */
export const replaceComparison = (page: string, comparison: string): string => {
  const [before, rest] = [page.indexOf(opening), page.indexOf(closing)];
  if (before === -1 || rest < before) throw new Error(`there is no ${opening} … ${closing} to write between`);
  return `${page.slice(0, before + opening.length)}\n\n${comparison}\n\n${page.slice(rest)}`;
};
