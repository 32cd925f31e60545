// One move for many orders: first what it would do to each, stepped on copies by the server; then, where a person
// agrees, one after the other by the API, with what came of it. It never moves what was not previewed.
import { type SyntheticEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { BulkMove, Previewed } from '../shapes.ts';
import { toShortId } from './formats.ts';
import { makeMove, toKey } from './moves.tsx';

const perRequest = 50;

const askPreview = async (move: BulkMove, orderIds: readonly string[]): Promise<readonly Previewed[]> => {
  const response = await fetch('/inspector/api/preview', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ move, orderIds }),
  });
  if (!response.ok) throw new Error(`the preview failed (${response.status})`);
  const { previewed }: { previewed: readonly Previewed[] } = await response.json();
  return previewed;
};

/** What happens to several orders in the same way. */
interface Group {
  readonly text: string;
  readonly detail: string;
  readonly isRefused: boolean;
  readonly count: number;
}

const toText = ({ changes, refusal }: Previewed): string =>
  refusal ??
  (changes.map(({ actor, from, to }) => `${actor}: ${from} → ${to}`).join(', ') || 'nothing changes');

const toGroups = (previewed: readonly Previewed[]): readonly Group[] =>
  [...Map.groupBy(previewed, (each) => JSON.stringify([toText(each), each.calls]))].flatMap(([, each]) => {
    const [first] = each;
    if (first === undefined) return [];
    const detail = first.calls.length === 0 ? '' : `asks ${first.calls.join(', ')}`;
    return [{ text: toText(first), detail, isRefused: first.refusal !== null, count: each.length }];
  });

interface Progress {
  readonly done: number;
  readonly of: number;
  readonly problems: readonly string[];
}

const moveOne = async (move: BulkMove, { orderId, actors }: Previewed, words: string): Promise<string[]> => {
  const bodies = move === 'retry' ? actors.map((actor) => ({ actor, note: words })) : [{ reason: words }];
  const problems: string[] = [];
  for (const body of bodies) {
    const problem = await makeMove(orderId, move, body, toKey()).catch(() => 'the server did not answer');
    if (problem !== undefined) problems.push(`${toShortId(orderId)}: ${problem}`);
  }
  return problems;
};

/** The dialog's steps: reading what would happen, asking, moving, done. */
const useBulk = (move: BulkMove) => {
  const [previewed, setPreviewed] = useState<readonly Previewed[]>([]);
  const [progress, setProgress] = useState<Progress>();
  const [wanted, setWanted] = useState<number>();
  const [trouble, setTrouble] = useState<string>();
  const stopped = useRef(false);
  const prepare = async (findIds: () => Promise<readonly string[]>): Promise<void> => {
    stopped.current = false;
    setPreviewed([]);
    setProgress(undefined);
    setTrouble(undefined);
    try {
      const ids = await findIds();
      setWanted(ids.length);
      for (let from = 0; from < ids.length && !stopped.current; from += perRequest) {
        const more = await askPreview(move, ids.slice(from, from + perRequest));
        setPreviewed((known) => [...known, ...more]);
      }
    } catch (error) {
      setTrouble(`The orders could not be looked at: ${String(error)}. Close this and ask again.`);
    }
  };
  const carryOut = async (words: string): Promise<void> => {
    const asked = previewed.filter(({ refusal }) => refusal === null);
    const problems: string[] = [];
    for (const [done, each] of asked.entries()) {
      if (stopped.current) return;
      setProgress({ done, of: asked.length, problems });
      problems.push(...(await moveOne(move, each, words)));
    }
    setProgress({ done: asked.length, of: asked.length, problems });
  };
  const stop = useCallback(() => {
    stopped.current = true;
  }, []);
  return { previewed, progress, wanted, trouble, prepare, carryOut, stop };
};

const names: Readonly<Record<BulkMove, string>> = { cancel: 'Cancel', retry: 'Retry' };
const mostProblems = 5;

const Preview = ({ previewed, wanted }: { previewed: readonly Previewed[]; wanted: number | undefined }) => (
  <>
    {wanted !== undefined && previewed.length < wanted && (
      <label>
        Seeing what would happen: {previewed.length.toLocaleString('en')} of {wanted.toLocaleString('en')}
        <progress max={wanted} value={previewed.length} />
      </label>
    )}
    <ul className="preview" aria-label="What will happen">
      {toGroups(previewed).map(({ text, detail, isRefused, count }) => (
        <li key={`${text} ${detail}`} className={isRefused ? 'quiet' : ''}>
          <b>{count.toLocaleString('en')} ×</b> {isRefused ? `left alone: ${text}` : text}
          {detail !== '' && <span className="quiet"> – {detail}</span>}
        </li>
      ))}
    </ul>
  </>
);

const Going = ({ progress: { done, of, problems } }: { progress: Progress }) => (
  <>
    <label>
      {done.toLocaleString('en')} of {of.toLocaleString('en')} done
      <progress max={Math.max(1, of)} value={done} />
    </label>
    {problems.slice(0, mostProblems).map((problem) => (
      <p key={problem} role="alert">
        {problem}
      </p>
    ))}
    {problems.length > mostProblems && <p>and {problems.length - mostProblems} more like these</p>}
  </>
);

/** What is in the dialog while it is open. */
const Asking = ({
  move,
  name,
  findIds,
  onClose,
}: {
  move: BulkMove;
  name: string;
  findIds(): Promise<readonly string[]>;
  onClose(): void;
}) => {
  const { previewed, progress, wanted, trouble, prepare, carryOut, stop } = useBulk(move);
  const begin = useRef(() => prepare(findIds));
  useEffect(() => {
    void begin.current();
    return stop;
  }, [stop]);
  const count = previewed.filter(({ refusal }) => refusal === null).length;
  const isReady = previewed.length === wanted && progress === undefined && count > 0;
  const submit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void carryOut(String(new FormData(event.currentTarget).get('words')));
  };
  return (
    <form onSubmit={submit}>
      <h2>{name}?</h2>
      {trouble !== undefined && <p role="alert">{trouble}</p>}
      <Preview previewed={previewed} wanted={wanted} />
      <label>
        {move === 'cancel' ? 'Reason (the customers are told)' : 'Note'}
        <input name="words" required autoComplete="off" />
      </label>
      {progress && <Going progress={progress} />}
      <div className="row end">
        <button type="button" onClick={onClose}>
          {progress === undefined || progress.done === progress.of ? 'Close' : 'Stop'}
        </button>
        <button type="submit" className="primary" disabled={!isReady}>
          {names[move]} {count.toLocaleString('en')} {count === 1 ? 'order' : 'orders'}
        </button>
      </div>
    </form>
  );
};

/** A button that asks before it moves all orders that `findIds` says. */
export const Bulk = ({
  move,
  name,
  isDisabled,
  findIds,
}: {
  move: BulkMove;
  name: string;
  isDisabled: boolean;
  findIds(): Promise<readonly string[]>;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [asked, setAsked] = useState<string>();
  const open = (): void => {
    setAsked(name);
    dialog.current?.showModal();
  };
  return (
    <>
      <button
        type="button"
        className={move === 'cancel' ? 'danger' : ''}
        onClick={open}
        disabled={isDisabled && asked === undefined}
      >
        {name}
      </button>
      <dialog ref={dialog} aria-label={asked ?? name} onClose={() => setAsked(undefined)}>
        {asked !== undefined && (
          <Asking move={move} name={asked} findIds={findIds} onClose={() => dialog.current?.close()} />
        )}
      </dialog>
    </>
  );
};
