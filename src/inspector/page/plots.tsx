// Live plots of the last hour, drawn by uPlot on canvases.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Sample } from '../server/protocol.ts';
import { toClock, toShortDuration } from './formats.ts';

type Read = (sample: Sample) => number | null;
interface Plotted {
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly tone: string; readonly read: Read }[];
  toText(value: number): string;
  /** The scale goes at least so high; with `most`, exactly so high. */
  readonly least: number;
  readonly most?: number;
}

const toNumber = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const plots: readonly Plotted[] = [
  {
    title: 'Orders per second',
    lines: [
      { name: 'new', tone: '--accent', read: ({ started }) => started },
      { name: 'ended', tone: '--good', read: ({ ended }) => ended },
    ],
    toText: toNumber,
    least: 4,
  },
  {
    title: 'Time to outcome',
    lines: [
      { name: 'p50', tone: '--accent', read: ({ p50Ms }) => p50Ms },
      { name: 'p99', tone: '--warn', read: ({ p99Ms }) => p99Ms },
    ],
    toText: toShortDuration,
    least: 100,
  },
  {
    title: 'Success rate',
    lines: [
      {
        name: 'succeeded',
        tone: '--good',
        read: ({ succeeded, ended }) => (ended === 0 ? null : (succeeded / ended) * 100),
      },
    ],
    toText: (value) => `${toNumber(value)} %`,
    least: 100,
    most: 100,
  },
  {
    title: 'Declines and incidents',
    lines: [
      { name: 'declined', tone: '--warn', read: ({ declined }) => declined },
      { name: 'incidents', tone: '--bad', read: ({ incidents }) => incidents },
    ],
    toText: toNumber,
    least: 4,
  },
  {
    title: 'Commits and queue',
    lines: [
      { name: 'commits', tone: '--accent', read: ({ commits }) => commits },
      { name: 'queue', tone: '--undoing', read: ({ queue }) => queue },
    ],
    toText: toNumber,
    least: 4,
  },
];

const colorOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

const toData = ({ lines }: Plotted, samples: readonly Sample[]): uPlot.AlignedData => [
  samples.map(({ at }) => at / 1000),
  ...lines.map(({ read }) => samples.map(read)),
];

const plotHeight = 80;

const createPlot = (plotted: Plotted, element: HTMLElement): uPlot =>
  new uPlot(
    {
      width: element.clientWidth,
      height: plotHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 0, 0, 0],
      scales: {
        y: {
          range: (_plot, _low, high) => [0, plotted.most ?? Math.max(plotted.least, (high ?? 0) * 1.1)],
        },
      },
      axes: [
        {
          stroke: () => colorOf('--quiet'),
          grid: { show: false },
          ticks: { show: false },
          size: 18,
          font: '10px system-ui',
          space: 70,
          values: (_plot, seconds) => seconds.map((second) => toClock(second * 1000)),
        },
        {
          stroke: () => colorOf('--quiet'),
          grid: { stroke: () => colorOf('--hair'), width: 1 },
          ticks: { show: false },
          size: 44,
          space: 24,
          font: '10px system-ui',
          values: (_plot, values) => values.map((value) => plotted.toText(value)),
        },
      ],
      series: [
        {},
        ...plotted.lines.map(({ tone }) => ({
          stroke: () => colorOf(tone),
          width: 1.5,
          // A line needs two samples: until then a point shows that there is one.
          points: { show: ({ data }: uPlot) => data[0].length < 3, size: 4 },
        })),
      ],
    },
    [[]],
    element,
  );

const Plot = ({ plotted, samples }: { plotted: Plotted; samples: readonly Sample[] }) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = createPlot(plotted, element);
    plot.current = made;
    const watching = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: plotHeight }),
    );
    watching.observe(element);
    return () => {
      watching.disconnect();
      made.destroy();
    };
  }, [plotted]);
  useEffect(() => plot.current?.setData(toData(plotted, samples)), [plotted, samples]);
  const last = samples.at(-1);
  return (
    <figure className="plot">
      <figcaption>
        <span>{plotted.title}</span>
        {plotted.lines.map(({ name, tone, read }) => {
          const value = last && read(last);
          return (
            <span key={name} className="key">
              <i style={{ background: `var(${tone})` }} />
              {name} <b>{value === undefined || value === null ? '–' : plotted.toText(value)}</b>
            </span>
          );
        })}
      </figcaption>
      <div ref={place} />
    </figure>
  );
};

export const Plots = ({ samples }: { samples: readonly Sample[] }) => (
  <section className="plots" aria-label="The last hour">
    {plots.map((plotted) => (
      <Plot key={plotted.title} plotted={plotted} samples={samples} />
    ))}
  </section>
);
