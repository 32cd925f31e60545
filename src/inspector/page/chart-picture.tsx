// A chart as a picture: boxes for states, lines for transitions, drawn as SVG from ELK's layout. SVG alone, so
// that the page, the downloaded file and a screen reader have the same picture.
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { Chart, ChartNode } from '../server/protocol.ts';
import { useLayout } from './layout.ts';
import type { Box, Layout, Route, Sizing } from './layout-graph.ts';

export interface Drawing {
  /** States that are active now, edges that were taken, and those that were taken last. */
  readonly active?: ReadonlySet<string>;
  readonly taken?: ReadonlySet<string>;
  readonly last?: ReadonlySet<string>;
  /** What a state shows beside its name. */
  renderState?(node: ChartNode, width: number): ReactNode;
  /** What an edge shows instead of its causes. */
  renderEdge?(route: Route): ReactNode;
  onState?(node: ChartNode): void;
  readonly selected?: string | undefined;
}

const toTitle = ({ edge: { from, to, causes } }: Route): string =>
  [
    `${from} → ${to}`,
    ...causes.map(({ on, kind, guard, text }) => {
      const name = kind === 'deadline' ? `${on} passes` : on || 'always';
      const what = text === '' ? name : `${text} (${name})`;
      return guard === '' ? what : `${what}, if ${guard}`;
    }),
  ].join('\n');

const State = ({ box, drawing }: { box: Box; drawing: Drawing }) => {
  const { node, x, y, width, height } = box;
  const isActive = drawing.active?.has(node.path) === true;
  const isSelected = drawing.selected === node.path;
  const isInner = node.kind === 'atomic' || node.kind === 'final';
  const { onState } = drawing;
  const choose = onState && (() => onState(node));
  const names = [
    'state',
    node.tone,
    isInner ? 'inner' : 'outer',
    isActive && 'active',
    isSelected && 'selected',
  ];
  return (
    <g
      className={names.filter(Boolean).join(' ')}
      transform={`translate(${x} ${y})`}
      {...(choose && {
        role: 'button',
        tabIndex: 0,
        'aria-pressed': isSelected,
        onClick: choose,
        onKeyDown: (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          choose();
        },
      })}
      data-state={node.path}
    >
      <title>{`${node.path}${node.text === '' ? '' : `: ${node.text}`}`}</title>
      <rect width={width} height={height} rx={isInner ? 9 : 12} />
      {node.isInitial && <circle className="initial" cx={9} cy={9} r={3} />}
      <text
        className="name"
        x={isInner ? width / 2 : 14}
        y={isInner && !drawing.renderState ? height / 2 + 4.5 : 21}
      >
        {node.name}
      </text>
      {drawing.renderState?.(node, width)}
    </g>
  );
};

const Edge = ({ route, drawing, arrow }: { route: Route; drawing: Drawing; arrow: string }) => {
  const { edge, path, label } = route;
  const isTaken = drawing.taken?.has(edge.id) === true;
  const isLast = drawing.last?.has(edge.id) === true;
  return (
    <g className={['edge', isTaken && 'taken', isLast && 'last'].filter(Boolean).join(' ')}>
      <title>{toTitle(route)}</title>
      <path className="hit" d={path} />
      <path className="line" d={path} markerEnd={`url(#${arrow})`} />
      {drawing.renderEdge ? (
        drawing.renderEdge(route)
      ) : (
        <text className="label" x={label.x} y={label.y + 3.5}>
          {label.text}
        </text>
      )}
    </g>
  );
};

/** The drawing itself. Edges that were taken lie over the others. */
const Picture = ({
  chart,
  layout,
  drawing,
  zoom,
}: {
  chart: Chart;
  layout: Layout;
  drawing: Drawing;
  zoom: number;
}) => {
  const arrow = useId();
  const { boxes } = layout;
  const outer = boxes.filter(({ node }) => node.kind === 'compound' || node.kind === 'parallel');
  const inner = boxes.filter((box) => !outer.includes(box));
  const routes = layout.routes.toSorted((a, b) => rank(a, drawing) - rank(b, drawing));
  const width = layout.width + 8;
  return (
    <svg
      className="picture"
      aria-label={`The chart ${chart.name}`}
      data-chart={chart.name}
      viewBox={`-4 -4 ${width} ${layout.height + 8}`}
      style={zoom === 0 ? { width: '100%', maxWidth: width * 1.2 } : { width: width * zoom }}
    >
      <defs>
        <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0.5L8 4L0 7.5z" fill="context-stroke" />
        </marker>
      </defs>
      {outer.map((box) => (
        <State key={box.node.path} box={box} drawing={drawing} />
      ))}
      {routes.map((route) => (
        <Edge key={route.edge.id} route={route} drawing={drawing} arrow={arrow} />
      ))}
      {inner.map((box) => (
        <State key={box.node.path} box={box} drawing={drawing} />
      ))}
    </svg>
  );
};

const rank = ({ edge: { id } }: Route, { taken, last }: Drawing): number =>
  Number(taken?.has(id) === true) + Number(last?.has(id) === true);

const zoomStep = 1.25;

/** Scrolls the active state (or the initial one) into the middle, without moving the page. */
const useActiveInView = (active: string, layout: Layout | undefined, zoom: number) => {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const section = place.current;
    const state =
      layout && section?.querySelector(active === '' ? '.state:has(.initial)' : '.state.inner.active');
    if (!section || !state || zoom === 0) return;
    const [outer, inner] = [section.getBoundingClientRect(), state.getBoundingClientRect()];
    section.scrollTo({
      left: section.scrollLeft + inner.left - outer.left - (outer.width - inner.width) / 2,
      top: section.scrollTop + inner.top - outer.top - (outer.height - inner.height) / 2,
    });
  }, [active, layout, zoom]);
  return place;
};

/** A chart with its controls: fitted to the width, or larger and scrolled. */
export const ChartPicture = ({
  chart,
  sizing,
  drawing,
  firstZoom = 0,
}: {
  chart: Chart | undefined;
  sizing: Sizing;
  drawing: Drawing;
  /** 0: fitted to the width. */
  firstZoom?: number;
}) => {
  const layout = useLayout(chart, sizing);
  const [zoom, setZoom] = useState(firstZoom);
  const place = useActiveInView([...(drawing.active ?? [])].join(), layout, zoom);
  if (!chart || !layout) return <p className="quiet pad">Drawing the chart…</p>;
  return (
    <div className="canvas">
      <fieldset className="zoom" aria-label={`Size of the chart ${chart.name}`}>
        <button type="button" onClick={() => setZoom((zoom || 0.8) / zoomStep)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => setZoom(0)} aria-label="Fit the width">
          Fit
        </button>
        <button type="button" onClick={() => setZoom((zoom || 0.8) * zoomStep)} aria-label="Larger">
          +
        </button>
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section ref={place} className="scroll" tabIndex={0} aria-label={`${chart.name}, scrolled`}>
        <Picture chart={chart} layout={layout} drawing={drawing} zoom={zoom} />
      </section>
    </div>
  );
};
