// The messages of an order as a sequence diagram, up to the selected point of the timeline, with the pauses between
// them. Hovering a message highlights what it caused.
import { useState } from 'react';
import type { ApplicationInfo, Point } from '../server/protocol.ts';
import { toDisposition, toDuration, toMessageName, toPreciseClock } from './formats.ts';
import { toMeaning } from './meanings.ts';

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

/** The same command with the same key again is a retry. */
const toArrows = (
  points: readonly Point[],
  words: ApplicationInfo['words'],
  attempts = new Map<string, number>(),
): Arrow[] =>
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
      title: `${toMeaning(words, point) ?? point.type}\n${toPreciseClock(point.at)} ${toDisposition(point.disposition)}${point.reason === null ? '' : `: ${point.reason}`}`,
      isIgnored,
      isRetry: false,
      cause: point.causationId,
      gapMs: before === undefined ? 0 : point.at - before.at,
    };
    const inner = point.deliveries.map((delivered, number): Arrow => {
      const command = `${delivered.type} ${String(delivered.data['key'])}`;
      const tries = 'key' in delivered.data ? (attempts.get(command) ?? 0) + 1 : 1;
      attempts.set(command, tries);
      return {
        ...about,
        key: `${point.version}.${number}`,
        from: delivered.from,
        to: delivered.to,
        type: tries > 1 ? `${delivered.type} (attempt ${tries})` : delivered.type,
        title: `${words.messages[delivered.type] ?? delivered.type}\n${JSON.stringify(delivered.data, null, 1)}`,
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

type PlacedArrow = Arrow & { readonly y: number };

/** An arrow to the actor itself is a loop. */
const ArrowShape = ({ arrow, from, to }: { arrow: PlacedArrow; from: number; to: number }) => {
  const { y, type, isIgnored } = arrow;
  const isSelf = from === to;
  const end = to > from ? to - 7 : to + 7;
  return (
    <>
      <path className="line" d={isSelf ? `M${from} ${y - 7}h22v10h-15` : `M${from} ${y}H${end}`} />
      <path
        className="head"
        d={isSelf ? `M${from} ${y + 3}l8 -4v8z` : `M${to} ${y}l${to > from ? -8 : 8} -4v8z`}
      />
      <text
        x={isSelf ? from + 27 : (from + to) / 2}
        y={isSelf ? y + 2 : y - 4}
        className={isSelf ? 'self' : ''}
      >
        {type}
        {isIgnored ? ' – ignored' : ''}
      </text>
    </>
  );
};

/** Places the arrows one below the other, with room for the pauses between them. */
const toPlaced = (arrows: readonly Arrow[]): readonly PlacedArrow[] => {
  let y = 40;
  return arrows.map((arrow) => {
    y += arrow.gapMs > shownGapMs ? rowHeight + gapHeight : rowHeight;
    return { ...arrow, y };
  });
};

export const Sequence = ({
  lanes,
  words,
  points,
  onVersion,
}: {
  /** Those that send and receive, from left to right. */
  lanes: readonly string[];
  words: ApplicationInfo['words'];
  points: readonly Point[];
  onVersion(version: number): void;
}) => {
  const [hovered, setHovered] = useState<string>();
  const toX = (lane: string): number => 66 + Math.max(0, lanes.indexOf(lane)) * column;
  const placed = toPlaced(toArrows(points, words));
  const bottom = placed.at(-1)?.y ?? 40;
  const width = column * lanes.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className="scroll sequence" tabIndex={0} aria-label="Messages">
      <svg
        role="img"
        aria-label="Sequence of messages"
        viewBox={`0 0 ${width} ${bottom + 20}`}
        style={{ minWidth: width, width: '100%', maxWidth: width * 1.2 }}
      >
        {lanes.map((lane) => (
          <g key={lane} className="lane">
            <line x1={toX(lane)} x2={toX(lane)} y1={30} y2={bottom + 14} />
            <rect x={toX(lane) - 52} y={6} width={104} height={24} rx={7} />
            <text x={toX(lane)} y={22}>
              {lane}
            </text>
          </g>
        ))}
        {placed.map((arrow) => {
          const isLit = hovered !== undefined && (arrow.causes === hovered || arrow.cause === hovered);
          const names = ['arrow', arrow.isIgnored && 'ignored', arrow.isRetry && 'retry', isLit && 'lit'];
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut; the keyboard has the timeline
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
              <ArrowShape arrow={arrow} from={toX(arrow.from)} to={toX(arrow.to)} />
            </g>
          );
        })}
      </svg>
    </section>
  );
};
