// The moves that an order accepts now, as buttons that ask for confirmation. The chart decides: a move that it does not
// accept any more is answered with the reason.

import { type SyntheticEvent, useRef, useState } from 'react';
import { newIdempotencyKey } from '../../client.ts';
import type { ApplicationInfo, OpenMove } from '../server/protocol.ts';
import { movesApi } from './api.ts';
import { useAllowed } from './signed-in.tsx';

interface Making {
  /** The idempotency key. */
  readonly key: string;
  /** Only if the order still has this version. Left out: any. */
  readonly ifVersion?: number | undefined;
}

/** Makes a move by the API. Returns what went wrong, or undefined. Throws when the server does not answer. */
export const makeMove = async (
  orderId: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
  { key, ifVersion }: Making,
): Promise<string | undefined> => {
  const condition = ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` };
  const { error, response } = await movesApi.POST(`/orders/{id}/${path}`, {
    params: { path: { id: orderId }, header: { 'idempotency-key': key, ...condition } },
    body,
  });
  if (response.ok) return undefined;
  return `${error?.title ?? response.status}. ${error?.detail ?? ''}`;
};

const Fields = ({ move: { outcomes, fields } }: { move: OpenMove }) => (
  <>
    {outcomes.length > 0 && (
      <label>
        Outcome
        <select name="outcome" required>
          {outcomes.map((outcome) => (
            <option key={outcome}>{outcome}</option>
          ))}
        </select>
      </label>
    )}
    {fields.map(({ name, label, isRequired = false }) => (
      <label key={name}>
        {label}
        {isRequired ? '' : ' (optional)'}
        <input name={name} required={isRequired} autoComplete="off" />
      </label>
    ))}
  </>
);

/** What is in the dialog while it is open. */
const Confirmation = ({ orderId, move, onClose }: { orderId: string; move: OpenMove; onClose(): void }) => {
  const [problem, setProblem] = useState<string>();
  const key = useRef(newIdempotencyKey());
  // What is done about an incident is for the one that was read: another may have taken its place since.
  const seen = useRef(move.actor === undefined ? undefined : move.version);
  const submit = async (event: SyntheticEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const given = [...new FormData(event.currentTarget)].filter(([, value]) => value !== '');
    const actor = move.actor === undefined ? {} : { actor: move.actor };
    const body = { ...Object.fromEntries(given), ...actor };
    try {
      const wrong = await makeMove(orderId, move.path, body, { key: key.current, ifVersion: seen.current });
      key.current = newIdempotencyKey();
      setProblem(wrong);
      if (wrong === undefined) onClose();
    } catch {
      setProblem('No response from the server. Try again: a repeated request takes effect only once.');
    }
  };
  return (
    <form onSubmit={submit}>
      <h2>{move.label}?</h2>
      <p>{move.consequence}</p>
      <Fields move={move} />
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div className="row end">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="submit" className={move.isDangerous ? 'danger primary' : 'primary'}>
          {move.label}
        </button>
      </div>
    </form>
  );
};

const MoveButton = ({ orderId, move }: { orderId: string; move: OpenMove }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const open = (): void => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className={move.isDangerous ? 'danger' : ''} onClick={open}>
        {move.label}
      </button>
      <dialog ref={dialog} aria-label={`Confirm: ${move.label}`} onClose={() => setOpen(false)}>
        {isOpen && (
          <Confirmation
            {...{ orderId, move }}
            onClose={() => {
              dialog.current?.close();
            }}
          />
        )}
      </dialog>
    </>
  );
};

export const Moves = ({
  application,
  orderId,
  moves,
}: {
  application: ApplicationInfo;
  orderId: string;
  moves: readonly OpenMove[];
}) => {
  const { allowed, others } = useAllowed(moves, application);
  return (
    <div className="row moves">
      {allowed.map((move) => (
        <MoveButton key={move.label} orderId={orderId} move={move} />
      ))}
      {others !== undefined && <span className="quiet">{others}</span>}
      {moves.length === 0 && <span className="quiet">No moves available</span>}
    </div>
  );
};
