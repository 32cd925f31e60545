// Two versions of an application's charts as one SVG: a panel for each actor that differs, laid out by ELK, with a legend.
// The file needs nothing else: no script, no font, no style sheet.
import { layOut, type Measures, type Placed, type Routed } from '../chart-layout.ts';
import { toChangeText, type VersionDiff } from '../version-diff.ts';
import { mergeOrders } from './chart-pair.ts';
import type { VersionParts } from './compare.ts';
import { declarations } from './compare-declarations.ts';
import {
  type Line,
  type MergedChart,
  type MergedEdge,
  type MergedNode,
  mergeCharts,
  type Status,
} from './merged-chart.ts';
import { pictureStyle } from './picture-style.ts';

interface Panel {
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

/** Draws `diff`, which is the difference between `older` and `newer`. */
export const drawVersions = async (
  diff: VersionDiff,
  older: VersionParts,
  newer: VersionParts,
): Promise<string> => {
  const actors = mergeOrders(Object.keys(older.charts), Object.keys(newer.charts));
  const differing = actors.filter((name) => diff.changes.some(({ actor }) => actor === name));
  const panels = [
    drawHeader(
      diff,
      actors.filter((name) => !differing.includes(name)),
    ),
  ];
  for (const actor of differing) {
    panels.push(await drawChart(mergeCharts(actor, older.charts[actor], newer.charts[actor])));
  }
  const ofMessages = diff.changes.filter(({ actor }) => actor === declarations);
  if (ofMessages.length > 0) {
    panels.push(
      drawList(
        'Declarations of messages',
        ofMessages.map((change) => ({ status: change.change, text: toChangeText(change) })),
      ),
    );
  }
  return toSvg(panels, `What differs between the chart versions ${diff.from} and ${diff.to}`);
};

const margin = 20;

const toSvg = (panels: readonly Panel[], title: string): string => {
  const width = Math.ceil(Math.max(...panels.map((panel) => panel.width)) + 2 * margin);
  let y = margin;
  const placed = panels.map((panel) => {
    const svg = `<g transform="translate(${margin} ${y})">\n${panel.svg}\n</g>`;
    y += Math.ceil(panel.height) + margin;
    return svg;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img">
<title>${toXmlText(title)}</title>
<style>${pictureStyle}</style>
<defs>${statuses.map(toArrow).join('')}</defs>
<rect class="ground" width="100%" height="100%"/>
${placed.join('\n')}
</svg>
`;
};

const statuses: readonly Status[] = ['same', 'added', 'removed', 'changed'];

const toArrow = (status: Status): string =>
  `<marker id="arrow-${status}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="arrow ${status}" d="M0 0.5L8 4L0 7.5z"/></marker>`;

/** Characters that XML does not allow are left out. */
const toXmlText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const meanings: Readonly<Record<Status, string>> = {
  same: 'unchanged',
  added: '+ added',
  removed: '- removed',
  changed: '~ changed',
};

const drawHeader = ({ from, to, summary }: VersionDiff, same: readonly string[]): Panel => {
  const swatches = statuses.map(
    (status, index) => `<g class="state ${status}" transform="translate(${index * 110} 40)">
<rect width="20" height="14" rx="4"/><text x="28" y="11.5">${meanings[status]}</text></g>`,
  );
  const counts =
    summary.changes === 0
      ? 'No difference.'
      : `Changes: ${summary.changes}, of which ${summary.altering} alter what stored orders would do (!).`;
  const unchanged = same.length === 0 ? '' : ` Without a difference: ${same.join(', ')}.`;
  const texts = [`Chart versions ${from} → ${to}`, `${counts}${unchanged}`] as const;
  return {
    width: Math.max(790, texts[0].length * 11, texts[1].length * 7),
    height: 84,
    svg: `<text class="title" y="18">${toXmlText(texts[0])}</text>
${swatches.join('\n')}
<text x="440" y="51.5">! alters what stored orders would do</text>
<circle class="quiet" cx="690" cy="47" r="3"/><text x="700" y="51.5">initial state</text>
<text class="quiet" y="78">${toXmlText(texts[1])}</text>`,
  };
};

const lineHeight = 13;
const letterWidth = 6.05;
const longestRow = 46;
const mostRows = 4;

/** The rows of a line: broken between words where possible, and cut after `mostRows`. */
const wrap = ({ status, text }: Line): readonly Line[] => {
  const rows: string[] = [];
  let rest = text;
  while (rest.length > longestRow && rows.length < mostRows - 1) {
    const space = rest.lastIndexOf(' ', longestRow);
    const end = space > longestRow / 2 ? space : longestRow;
    rows.push(rest.slice(0, end));
    rest = `   ${rest.slice(end).trimStart()}`;
  }
  rows.push(rest.length > longestRow ? `${rest.slice(0, longestRow - 1)}…` : rest);
  return rows.map((row) => ({ status, text: row }));
};

/** Several notes are one row: the text of the command and the tip of the picture have them all. */
const toRows = (lines: readonly Line[]): readonly Line[] => {
  const notes = lines.filter(({ isNote }) => isNote);
  if (notes.length < 2) return lines.flatMap(wrap);
  const others = lines.filter(({ isNote }) => !isNote);
  return [...others.flatMap(wrap), { status: 'same', text: `~ ${notes.length} notes` }];
};
const toWidth = (rows: readonly Line[]): number =>
  Math.max(0, ...rows.map(({ text }) => text.length * letterWidth));

/** Unchanged transitions share one short row. */
const toEdgeRows = ({ status, lines }: MergedEdge): readonly Line[] => {
  if (status !== 'same') return toRows(lines);
  const [first = '', ...others] = new Set(lines.map(({ text }) => text));
  const short = first.length > 24 ? `${first.slice(0, 23)}…` : first;
  return [{ status, text: others.length === 0 ? short : `${short} +${others.length}` }];
};

const nameWidth = (name: string): number => name.length * 8 + 32;
const headHeight = 26;

const measures: Measures<MergedNode, MergedEdge> = {
  direction: 'DOWN',
  measureInner: ({ name, lines }) => {
    const rows = toRows(lines);
    return {
      width: Math.max(74, nameWidth(name), toWidth(rows) + 20),
      height: rows.length === 0 ? 34 : headHeight + rows.length * lineHeight + 8,
    };
  },
  measureHead: ({ name, lines }) => {
    const rows = toRows(lines);
    return {
      width: Math.max(nameWidth(name), toWidth(rows) + 28),
      height: 34 + rows.length * lineHeight,
    };
  },
  measureLabel: (edge) => {
    const rows = toEdgeRows(edge);
    return { width: toWidth(rows) + 4, height: rows.length * lineHeight };
  },
};

const drawChart = async (chart: MergedChart): Promise<Panel> => {
  const { default: elkjs } = await import('elkjs');
  const layout = await layOut(new elkjs.default(), chart, measures);
  const isOuter = ({ node }: Box) => chart.nodes.some(({ parent }) => parent === node.path);
  const outer = layout.boxes.filter(isOuter);
  const svg = [
    ...outer.map((box) => drawState(box, 'outer', drawFrame(box, 12))),
    ...layout.routes.map(drawEdge),
    ...outer.map((box) => drawState(box, 'outer', drawHead(box))),
    ...layout.boxes
      .filter((box) => !isOuter(box))
      .map((box) => drawState(box, 'inner', `${drawFrame(box, 9)}${drawInside(box)}`)),
    ...layout.routes.map(drawLabel),
  ];
  return { width: layout.width, height: layout.height, svg: svg.join('\n') };
};

type Box = Placed<MergedNode>;

const drawState = ({ node, x, y }: Box, place: 'outer' | 'inner', content: string): string =>
  `<g class="state ${place} ${node.status}" transform="translate(${x} ${y})">${content}</g>`;

const drawFrame = ({ node: { path, lines, isInitial }, width, height }: Box, corner: number): string =>
  `${toTitle(lines)}<rect width="${width}" height="${height}" rx="${corner}" data-state="${toXmlText(path.slice(1))}"/>${
    isInitial ? '<circle class="quiet" cx="9" cy="9" r="3"/>' : ''
  }`;

/** Edges may pass behind it. */
const drawHead = ({ node }: Box): string =>
  `<g class="label">${drawName(node, 14, 20)}${drawRows(toRows(node.lines), 14, 22 + lineHeight)}</g>`;

const drawInside = ({ node, width, height }: Box): string => {
  const rows = toRows(node.lines);
  const y = rows.length === 0 ? height / 2 + 4.5 : 20;
  return `${drawName(node, width / 2, y)}${drawRows(rows, 10, 22 + lineHeight)}`;
};

const drawName = ({ name, status }: MergedNode, x: number, y: number): string =>
  `<text class="name" x="${x}" y="${y}">${toSign(status)}<tspan class="own">${toXmlText(name)}</tspan></text>`;

const toSign = (status: Status): string => (status === 'same' ? '' : `${meanings[status].slice(0, 1)} `);

const toTitle = (lines: readonly Line[]): string =>
  lines.length === 0 ? '' : `<title>${toXmlText(lines.map(({ text }) => text).join('\n'))}</title>`;

const drawRows = (rows: readonly Line[], x: number, y: number): string =>
  rows
    .map(
      ({ status, text }, index) =>
        `<text class="mono ${status}" x="${x}" y="${y + index * lineHeight}">${toXmlText(text)}</text>`,
    )
    .join('');

const drawEdge = ({ edge, path }: Routed<MergedEdge>): string =>
  `<g class="edge ${edge.status}">${toTitle(edge.lines)}<path d="${path}" marker-end="url(#arrow-${edge.status})"/></g>`;

const drawLabel = ({ edge, label }: Routed<MergedEdge>): string => {
  const rows = toEdgeRows(edge);
  const top = label.y - (rows.length * lineHeight) / 2 + lineHeight - 3;
  return `<g class="label">${toTitle(edge.lines)}${drawRows(rows, label.x - toWidth(rows) / 2, top)}</g>`;
};

const drawList = (title: string, lines: readonly Line[]): Panel => {
  const rows = toRows(lines);
  return {
    width: toWidth(rows),
    height: 30 + rows.length * lineHeight,
    svg: `<text class="name" y="14">${toXmlText(title)}</text>\n${drawRows(rows, 0, 36)}`,
  };
};
