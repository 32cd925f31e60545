// The points of an order's journal on a line: click one, scrub along, or play it back.
import { useEffect, useState } from 'react';
import type { Point } from '../shapes.ts';
import { toDuration, toMessageName, toPreciseClock } from './formats.ts';

const playEveryMs = 700;

export const Timeline = ({
  points,
  selected,
  isLatest,
  onSelect,
}: {
  points: readonly Point[];
  /** Index of the point that is shown. */
  selected: number;
  isLatest: boolean;
  /** `undefined`: the latest, and on with it. */
  onSelect(index: number | undefined): void;
}) => {
  const [isPlaying, setPlaying] = useState(false);
  const last = points.length - 1;
  useEffect(() => {
    if (!isPlaying) return;
    if (selected >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onSelect(selected + 1), playEveryMs);
    return () => clearTimeout(timer);
  }, [isPlaying, selected, last, onSelect]);
  const point = points[selected];
  const first = points[0];
  const play = (): void => {
    if (!isPlaying && selected >= last) onSelect(0);
    setPlaying(!isPlaying);
  };
  return (
    <section className="card timeline" aria-label="Timeline">
      <div className="row">
        <button type="button" onClick={play} aria-pressed={isPlaying}>
          {isPlaying ? 'Pause' : 'Play'}
        </button>
        <button
          type="button"
          onClick={() => onSelect(Math.max(0, selected - 1))}
          aria-label="One message back"
        >
          ‹
        </button>
        <button
          type="button"
          onClick={() => onSelect(selected + 1 >= last ? undefined : selected + 1)}
          aria-label="One message on"
        >
          ›
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(0, last)}
          value={selected}
          aria-label="Point of the timeline"
          aria-valuetext={point ? `message ${point.version} of ${points.length}: ${point.type}` : ''}
          onChange={(event) => {
            const index = Number(event.currentTarget.value);
            onSelect(index === last ? undefined : index);
          }}
        />
        <button type="button" className={isLatest ? 'primary' : ''} onClick={() => onSelect(undefined)}>
          Now
        </button>
      </div>
      <ol className="marks">
        {points.map(({ version, type, disposition, kind, events }, index) => (
          <li key={version}>
            <button
              type="button"
              tabIndex={-1}
              className={[
                `mark ${disposition} ${kind}`,
                index === selected && 'here',
                index > selected && 'later',
              ]
                .filter(Boolean)
                .join(' ')}
              title={`${version}. ${type} (${disposition})${events.map((event) => `\n${event.type}`).join('')}`}
              aria-label={`message ${version}: ${type}`}
              onClick={() => onSelect(index === last ? undefined : index)}
            />
          </li>
        ))}
      </ol>
      {point && first && (
        <p className="said">
          <b>
            {point.version}/{points.length}
          </b>{' '}
          <code>{toPreciseClock(point.at)}</code>{' '}
          <span className="quiet">+{toDuration(point.at - first.at)}</span> {point.from} → {point.to}{' '}
          <code>{toMessageName(point)}</code>
          {point.disposition === 'applied' ? '' : ` ${point.disposition}: ${point.reason}`}
        </p>
      )}
    </section>
  );
};
