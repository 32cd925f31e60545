// The moves that an order takes now, as buttons that ask before they act. The chart decides; a move that it
// does not take any more is answered with the reason.
import { type SyntheticEvent, useRef, useState } from 'react';
import type { Move } from '../../host.ts';
import { toMoney } from './formats.ts';

/** An idempotency key: one for a move that is wanted, and the same again while nobody knows whether it was made. */
export const toKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Makes a move by the API. Returns what went wrong, or undefined. Throws where the server did not answer. */
export const makeMove = async (
  orderId: string,
  move: string,
  body: Readonly<Record<string, unknown>>,
  key: string,
): Promise<string | undefined> => {
  const response = await fetch(`/orders/${encodeURIComponent(orderId)}/${move}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  if (response.ok) return undefined;
  const problem: { title?: string; detail?: string } = await response.json();
  return `${problem.title ?? response.status}. ${problem.detail ?? ''}`;
};

const consequences: Readonly<Record<Move['move'], string>> = {
  cancel: 'Whatever was held or taken is given back first, and the customer is told.',
  capture: 'The money that was authorised is taken.',
  refunds: 'The money goes back to the customer.',
  retry: 'It is tried again from the first attempt, with the same key.',
  resolve: 'The order goes on as if the outside had said so. Your note is kept in its journal.',
};

const toName = ({ move, actor }: Move): string => (actor === undefined ? move : `${move} ${actor}`);

const Fields = ({ move, currency }: { move: Move; currency: string }) => {
  const needsNote = move.move === 'resolve';
  return (
    <>
      {move.outcomes && (
        <label>
          What happened
          <select name="outcome" required>
            {move.outcomes.map((outcome) => (
              <option key={outcome}>{outcome}</option>
            ))}
          </select>
        </label>
      )}
      {needsNote && (
        <label>
          Transaction of the bank, where it charged
          <input name="transactionId" autoComplete="off" />
        </label>
      )}
      {move.move === 'refunds' && <p>All that is left: {toMoney(move.upTo ?? 0, currency)}</p>}
      {move.move !== 'capture' && (
        <label>
          {needsNote || move.move === 'retry' ? 'Note' : 'Reason'}
          {needsNote ? ' (needed)' : ''}
          <input
            name={needsNote || move.move === 'retry' ? 'note' : 'reason'}
            required={needsNote}
            autoComplete="off"
          />
        </label>
      )}
    </>
  );
};

/** What is in the dialog while it is open. */
const Asking = ({
  orderId,
  move,
  currency,
  onClose,
}: {
  orderId: string;
  move: Move;
  currency: string;
  onClose(): void;
}) => {
  const [problem, setProblem] = useState<string>();
  const key = useRef(toKey());
  const submit = async (event: SyntheticEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const given = [...new FormData(event.currentTarget)].filter(([, value]) => value !== '');
    const actor = move.actor === undefined ? {} : { actor: move.actor };
    const body = { ...Object.fromEntries(given), ...actor };
    try {
      const wrong = await makeMove(orderId, move.move, body, key.current);
      key.current = toKey();
      setProblem(wrong);
      if (wrong === undefined) onClose();
    } catch {
      setProblem(
        'The server did not answer: try again as it is. If the move was made, it is not made twice.',
      );
    }
  };
  const name = toName(move);
  return (
    <form onSubmit={submit}>
      <h2>{name}?</h2>
      <p>{consequences[move.move]}</p>
      <Fields move={move} currency={currency} />
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div className="row end">
        <button type="button" onClick={onClose}>
          Leave it
        </button>
        <button type="submit" className="primary">
          {name}
        </button>
      </div>
    </form>
  );
};

const MoveButton = ({ orderId, move, currency }: { orderId: string; move: Move; currency: string }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const name = toName(move);
  const open = (): void => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className={move.move === 'cancel' ? 'danger' : ''} onClick={open}>
        {name}
      </button>
      <dialog ref={dialog} aria-label={`Confirm: ${name}`} onClose={() => setOpen(false)}>
        {isOpen && (
          <Asking
            {...{ orderId, move, currency }}
            onClose={() => {
              dialog.current?.close();
            }}
          />
        )}
      </dialog>
    </>
  );
};

/** What is needed of an order to move it. */
interface Movable {
  readonly id: string;
  readonly currency: string;
  readonly allowed: readonly Move[];
}

export const Moves = ({ view }: { view: Movable }) => (
  <div className="row moves">
    {view.allowed.map((move) => (
      <MoveButton key={toName(move)} orderId={view.id} move={move} currency={view.currency} />
    ))}
    {view.allowed.length === 0 && <span className="quiet">No moves are open now.</span>}
  </div>
);
