// What if this came now? The server steps a copy of the order; nothing is stored and nobody is told.
import { useEffect, useState } from 'react';
import type { WhatIf as Answer, Point, Possibility, Supposed } from '../shapes.ts';

const ask = async (orderId: string, version: number, supposed: readonly Supposed[]): Promise<Answer> => {
  const response = await fetch(`/inspector/api/orders/${encodeURIComponent(orderId)}/what-if`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, supposed }),
  });
  return response.ok ? response.json() : { points: [], possible: [] };
};

/** Between two tries while the server cannot be reached. */
const againMs = 1000;

const kinds = [
  ['reply', 'A service answers'],
  ['deadline', 'Time passes'],
  ['move', 'A person moves'],
  ['late', 'An answer comes again, or late'],
] as const;

const WhatBecame = ({ point }: { point: Point | undefined }) => {
  if (point === undefined) return null;
  const changed = point.disposition === 'applied' ? '' : `: ${point.reason}`;
  return (
    <span className="quiet">
      {point.disposition}
      {changed}
    </span>
  );
};

export const WhatIf = ({
  orderId,
  version,
  onSuppose,
}: {
  orderId: string;
  version: number;
  /** Told the points that were supposed so far; none: what happened. */
  onSuppose(points: readonly Point[]): void;
}) => {
  const [chosen, setChosen] = useState<readonly Possibility[]>([]);
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    let left = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const supposed = chosen.map((each) => each.supposed);
    const look = async (): Promise<void> => {
      try {
        const found = await ask(orderId, version, supposed);
        if (left) return;
        setAnswer(found);
        onSuppose(found.points);
      } catch {
        if (!left) again = setTimeout(look, againMs);
      }
    };
    void look();
    return () => {
      left = true;
      clearTimeout(again);
    };
  }, [orderId, version, chosen, onSuppose]);
  return (
    <section className="card what-if" aria-label="What if">
      <header className="row">
        <h2>What if …</h2>
        {chosen.length > 0 && (
          <button type="button" className="primary" onClick={() => setChosen([])}>
            Back to what happened
          </button>
        )}
      </header>
      {chosen.length > 0 && (
        <ol className="chosen">
          {chosen.map(({ label }, index) => (
            <li key={`${String(index)} ${label}`}>
              {label} <WhatBecame point={answer?.points[index]} />
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
      <p className="quiet">On a copy in memory: nothing is stored, nobody is told.</p>
    </section>
  );
};
