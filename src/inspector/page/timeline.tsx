// The messages of an order on a line: click one, scrub, or play them back.
import { useEffect, useState } from 'react';
import type { ApplicationInfo, Point } from '../server/protocol.ts';
import { toDisposition, toDuration, toMessageName, toPreciseClock } from './formats.ts';
import { toMeaning } from './meanings.ts';

const playEveryMs = 700;

/** `undefined`: the latest, also when more arrive. */
type OnSelect = (index: number | undefined) => void;

const usePlay = (selected: number, last: number, onSelect: OnSelect) => {
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (!isPlaying) return;
    if (selected >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onSelect(selected + 1), playEveryMs);
    return () => clearTimeout(timer);
  }, [isPlaying, selected, last, onSelect]);
  const toggle = (): void => {
    if (!isPlaying && selected >= last) onSelect(0);
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle };
};

interface Selection {
  readonly points: readonly Point[];
  /** Index of the point that is shown. */
  readonly selected: number;
  readonly onSelect: OnSelect;
}

const Controls = ({ points, selected, onSelect, isLatest }: Selection & { isLatest: boolean }) => {
  const last = points.length - 1;
  const { isPlaying, toggle } = usePlay(selected, last, onSelect);
  const point = points[selected];
  const select = (index: number): void => onSelect(index >= last ? undefined : Math.max(0, index));
  return (
    <div className="row">
      <button type="button" onClick={toggle} aria-pressed={isPlaying}>
        {isPlaying ? 'Pause' : 'Play'}
      </button>
      <button type="button" onClick={() => onSelect(Math.max(0, selected - 1))} aria-label="Previous message">
        ‹
      </button>
      <button type="button" onClick={() => select(selected + 1)} aria-label="Next message">
        ›
      </button>
      <input
        type="range"
        min={0}
        max={Math.max(0, last)}
        value={selected}
        aria-label="Message of the timeline"
        aria-valuetext={point ? `message ${point.version} of ${points.length}: ${point.type}` : ''}
        onChange={(event) => select(Number(event.currentTarget.value))}
      />
      <button type="button" className={isLatest ? 'primary' : ''} onClick={() => onSelect(undefined)}>
        Latest
      </button>
    </div>
  );
};

type Words = ApplicationInfo['words'];

const Marks = ({ points, selected, onSelect, words }: Selection & { words: Words }) => (
  <ol className="marks">
    {points.map((point, index) => {
      const { version, type, disposition, kind, events } = point;
      const names = [
        `mark ${disposition} ${kind}`,
        index === selected && 'here',
        index > selected && 'later',
      ];
      const emitted = events.map((event) => `\n→ ${words.messages[event.type] ?? event.type}`).join('');
      return (
        <li key={version}>
          <button
            type="button"
            tabIndex={-1}
            className={names.filter(Boolean).join(' ')}
            title={`${version}. ${toMeaning(words, point) ?? type} (${toDisposition(disposition)})${emitted}`}
            aria-label={`message ${version}: ${type}`}
            onClick={() => onSelect(index === points.length - 1 ? undefined : index)}
          />
        </li>
      );
    })}
  </ol>
);

/** The selected message: what it means, and what it led to. */
const Caption = ({ point, first, of, words }: { point: Point; first: Point; of: number; words: Words }) => {
  const meaning = toMeaning(words, point);
  const events = point.events.map(({ type }) => words.messages[type] ?? type);
  return (
    <>
      <p className="caption">
        <b>
          {point.version}/{of}
        </b>{' '}
        <code>{toPreciseClock(point.at)}</code>{' '}
        <span className="quiet">+{toDuration(point.at - first.at)}</span>{' '}
        {meaning !== undefined && <b>{meaning}.</b>} {point.from} → {point.to}{' '}
        <code>{toMessageName(point)}</code>
        {point.disposition === 'applied' ? '' : ` ${toDisposition(point.disposition)}: ${point.reason}`}
      </p>
      {events.length > 0 && <p className="caption quiet">Recorded: {events.join('; ')}</p>}
    </>
  );
};

export const Timeline = (selection: Selection & { isLatest: boolean; words: Words }) => {
  const { points, selected, words } = selection;
  const [first, point] = [points[0], points[selected]];
  return (
    <section className="card timeline" aria-label="Timeline">
      <Controls {...selection} />
      <Marks {...selection} />
      {point && first && <Caption {...{ point, first, words }} of={points.length} />}
    </section>
  );
};
