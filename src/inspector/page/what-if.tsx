// What if this message came now? The server steps a copy of the order; nothing is stored or sent.

import { useEffect, useState } from 'react';
import type { WhatIf as Answer, Hypothetical, Point, Possibility } from '../server/protocol.ts';
import { toDisposition } from './formats.ts';
import { ask } from './session.ts';

const readWhatIf = async (
  orderId: string,
  version: number,
  hypotheticals: readonly Hypothetical[],
): Promise<Answer> => {
  const response = await ask(`/inspector/api/orders/${encodeURIComponent(orderId)}/what-if`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, hypotheticals }),
  });
  // Too many wait, or the order is so long that a replay takes several requests.
  if (response.status === 429 || response.status === 503) throw new Error(`HTTP status ${response.status}`);
  return response.ok ? response.json() : { points: [], possible: [] };
};

/** Pause before a retry while the server cannot be reached, or cannot answer yet. */
const retryMs = 1000;

const kinds = [
  ['reply', 'A service replies'],
  ['deadline', 'A deadline passes'],
  ['move', 'Someone makes a move'],
  ['late', 'A reply comes late, or again'],
] as const;

const Result = ({ point }: { point: Point | undefined }) => {
  if (point === undefined) return null;
  const { disposition, reason } = point;
  return (
    <span className="quiet">
      {toDisposition(disposition)}
      {disposition === 'applied' ? '' : `: ${reason}`}
    </span>
  );
};

type OnChange = (points: readonly Point[]) => void;

/** The chosen messages, and what the server makes of them. */
const useWhatIf = (orderId: string, version: number, onChange: OnChange) => {
  const [chosen, setChosen] = useState<readonly Possibility[]>([]);
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    let isUnmounted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hypotheticals = chosen.map(({ hypothetical }) => hypothetical);
    const update = async (): Promise<void> => {
      try {
        const found = await readWhatIf(orderId, version, hypotheticals);
        if (isUnmounted) return;
        setAnswer(found);
        onChange(found.points);
      } catch {
        if (!isUnmounted) timer = setTimeout(update, retryMs);
      }
    };
    void update();
    return () => {
      isUnmounted = true;
      clearTimeout(timer);
    };
  }, [orderId, version, chosen, onChange]);
  return { chosen, setChosen, answer };
};

export const WhatIf = ({
  orderId,
  version,
  onChange,
}: {
  orderId: string;
  version: number;
  /** Gets the hypothetical points so far; none: the order as it is. */
  onChange: OnChange;
}) => {
  const { chosen, setChosen, answer } = useWhatIf(orderId, version, onChange);
  return (
    <section className="card what-if" aria-label="What if">
      <header className="row">
        <h2>What if…</h2>
        {chosen.length > 0 && (
          <button type="button" className="primary" onClick={() => setChosen([])}>
            Back to the actual order
          </button>
        )}
      </header>
      {chosen.length > 0 && (
        <ol className="chosen">
          {chosen.map(({ label }, index) => (
            <li key={`${String(index)} ${label}`}>
              {label} <Result point={answer?.points[index]} />
            </li>
          ))}
        </ol>
      )}
      {kinds.map(([kind, title]) => {
        const open = (answer?.possible ?? []).filter((each) => each.kind === kind);
        return (
          open.length > 0 && (
            <div key={kind} className="choice">
              <h3>{title}</h3>
              {open.map((possibility) => (
                <button
                  key={possibility.label}
                  type="button"
                  onClick={() => setChosen([...chosen, possibility])}
                >
                  {possibility.label}
                </button>
              ))}
            </div>
          )
        );
      })}
      <p className="quiet">Runs on a copy in memory: nothing is stored or sent.</p>
    </section>
  );
};
