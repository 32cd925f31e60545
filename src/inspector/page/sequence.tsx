// The messages of an order as a sequence diagram, as far as the timeline stands: who told whom what, how long
// nothing happened, and what was ignored. A message lights up with what it caused.
import { useState } from 'react';
import type { Point } from '../shapes.ts';
import { toDuration, toMessageName, toPreciseClock } from './formats.ts';

const parties = [
  'outside',
  'order',
  'inventory',
  'payment',
  'notification',
  'warehouse',
  'gateway',
  'mailer',
] as const;
interface Arrow {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly title: string;
  readonly isIgnored: boolean;
  readonly isRetry: boolean;
  readonly version: number;
  readonly cause: string | null;
  readonly causes: string;
  readonly gapMs: number;
}

/** A key that a service was told before means that the same is tried again. */
const toArrows = (points: readonly Point[], told = new Map<string, number>()): Arrow[] =>
  points.flatMap((point, index) => {
    const before = points[index - 1];
    const about = { version: point.version, causes: point.messageId };
    const isIgnored = point.disposition !== 'applied';
    const first: Arrow = {
      ...about,
      key: `${point.version}`,
      from: point.kind === 'deadline' ? point.to : point.from,
      to: point.to,
      type: toMessageName(point),
      title: `${toPreciseClock(point.at)} ${point.disposition}${point.reason === null ? '' : `: ${point.reason}`}`,
      isIgnored,
      isRetry: false,
      cause: point.causationId,
      gapMs: before === undefined ? 0 : point.at - before.at,
    };
    const inner = point.passed.map((passed, number): Arrow => {
      const command = `${passed.type} ${String(passed.data['key'])}`;
      const tries = 'key' in passed.data ? (told.get(command) ?? 0) + 1 : 1;
      told.set(command, tries);
      return {
        ...about,
        key: `${point.version}.${number}`,
        from: passed.from,
        to: passed.to,
        type: tries > 1 ? `${passed.type} (again, ${tries})` : passed.type,
        title: JSON.stringify(passed.data, null, 1),
        isIgnored: false,
        isRetry: tries > 1,
        cause: point.messageId,
        gapMs: 0,
      };
    });
    return [first, ...inner];
  });

const column = 132;
const rowHeight = 26;
const gapHeight = 20;
const shownGapMs = 100;
const toX = (party: string): number => 66 + Math.max(0, parties.map(String).indexOf(party)) * column;

export const Sequence = ({
  points,
  onVersion,
}: {
  points: readonly Point[];
  onVersion(version: number): void;
}) => {
  const [hovered, setHovered] = useState<string>();
  const arrows = toArrows(points);
  let y = 40;
  const placed = arrows.map((arrow) => {
    if (arrow.gapMs > shownGapMs) y += gapHeight;
    y += rowHeight;
    return { ...arrow, y };
  });
  const width = column * parties.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className="scroll sequence" tabIndex={0} aria-label="Messages">
      <svg
        role="img"
        aria-label="Sequence of messages"
        viewBox={`0 0 ${width} ${y + 20}`}
        style={{ minWidth: width, width: '100%', maxWidth: width * 1.2 }}
      >
        {parties.map((party) => (
          <g key={party} className="party">
            <line x1={toX(party)} x2={toX(party)} y1={30} y2={y + 14} />
            <rect x={toX(party) - 52} y={6} width={104} height={24} rx={7} />
            <text x={toX(party)} y={22}>
              {party}
            </text>
          </g>
        ))}
        {placed.map((arrow) => {
          const [from, to] = [toX(arrow.from), toX(arrow.to)];
          const isSelf = from === to;
          const isLit = hovered !== undefined && (arrow.causes === hovered || arrow.cause === hovered);
          const names = ['arrow', arrow.isIgnored && 'ignored', arrow.isRetry && 'retry', isLit && 'lit'];
          const end = to > from ? to - 7 : to + 7;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut; the timeline is the way by keyboard
            <g
              key={arrow.key}
              className={names.filter(Boolean).join(' ')}
              onMouseEnter={() => setHovered(arrow.causes)}
              onMouseLeave={() => setHovered(undefined)}
              onClick={() => onVersion(arrow.version)}
            >
              <title>{arrow.title}</title>
              {arrow.gapMs > shownGapMs && (
                <text className="gap" x={width / 2} y={arrow.y - rowHeight + 4}>
                  · {toDuration(arrow.gapMs)} ·
                </text>
              )}
              {isSelf ? (
                <path className="line" d={`M${from} ${arrow.y - 7}h22v10h-15`} />
              ) : (
                <path className="line" d={`M${from} ${arrow.y}H${end}`} />
              )}
              <path
                className="head"
                d={
                  isSelf ? `M${from} ${arrow.y + 3}l8 -4v8z` : `M${to} ${arrow.y}l${to > from ? -8 : 8} -4v8z`
                }
              />
              <text
                x={isSelf ? from + 27 : (from + to) / 2}
                y={isSelf ? arrow.y + 2 : arrow.y - 4}
                className={isSelf ? 'self' : ''}
              >
                {arrow.type}
                {arrow.isIgnored ? ' – ignored' : ''}
              </text>
            </g>
          );
        })}
      </svg>
    </section>
  );
};
