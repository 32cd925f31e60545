// One move for many orders: first a preview, which the server steps on copies; then, after confirmation, one order
// after the other by the API. It never moves an order that was not previewed.

import { type SyntheticEvent, useCallback, useEffect, useRef, useState } from 'react';
import { newIdempotencyKey } from '../../client.ts';
import type { Preview as Answer, BulkMove, Previewed } from '../server/protocol.ts';
import { toCount, toShortId } from './formats.ts';
import { makeMove } from './moves.tsx';
import { ask, toRefusal } from './session.ts';

const perRequest = 50;
/** Pause before a preview is asked for again that had to wait too long. */
const retryMs = 1000;

/** Rounds that lead nowhere before the rest is left out. */
const mostFruitless = 3;

/** How many orders could not be previewed, and why. */
interface Missing {
  readonly count: number;
  readonly reason: string;
}

const readPreview = async (move: string, orderIds: readonly string[]): Promise<Answer> => {
  for (;;) {
    const response = await ask('/inspector/api/preview', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ move, orderIds }),
    });
    if (response.ok) return response.json();
    if (response.status !== 429) throw new Error(await toRefusal(response));
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
};

/** Previews all of `orderIds`, and asks again for those whose turn did not come as long as that leads anywhere. */
const previewEach = async (
  move: string,
  orderIds: readonly string[],
  isStopped: () => boolean,
  onMore: (more: readonly Previewed[]) => void,
): Promise<Missing | undefined> => {
  let wanted = orderIds;
  let fruitless = 0;
  for (;;) {
    const left: string[] = [];
    const long: string[] = [];
    let reason = '';
    for (let from = 0; from < wanted.length && !isStopped(); from += perRequest) {
      const { previewed, notComputed } = await readPreview(move, wanted.slice(from, from + perRequest));
      onMore(previewed);
      const [first, ...others] = notComputed?.orderIds ?? [];
      left.push(...others);
      if (first !== undefined) long.push(first);
      reason = notComputed?.reason ?? reason;
    }
    const next = [...left, ...long];
    if (next.length === 0 || isStopped()) return undefined;
    fruitless = next.length < wanted.length ? 0 : fruitless + 1;
    if (fruitless === mostFruitless) return { count: next.length, reason };
    // What the first of each request used up, the others did not get: it comes last.
    wanted = next;
  }
};

/** What happens to several orders in the same way. */
interface Group {
  readonly text: string;
  readonly detail: string;
  readonly isRefused: boolean;
  readonly count: number;
}

const toText = ({ changes, refusal }: Previewed): string =>
  refusal ?? (changes.map(({ actor, from, to }) => `${actor}: ${from} → ${to}`).join(', ') || 'no change');

const toGroups = (previewed: readonly Previewed[]): readonly Group[] =>
  [...Map.groupBy(previewed, (each) => JSON.stringify([toText(each), each.calls]))].flatMap(([, each]) => {
    const [first] = each;
    if (first === undefined) return [];
    const detail = first.calls.length === 0 ? '' : `calls ${first.calls.join(', ')}`;
    return [{ text: toText(first), detail, isRefused: first.refusal !== null, count: each.length }];
  });

interface Progress {
  readonly done: number;
  readonly of: number;
  readonly problems: readonly string[];
}

const moveOne = async (
  { path, field }: BulkMove,
  { orderId, actors }: Previewed,
  text: string,
): Promise<string[]> => {
  const body = field === null ? {} : { [field.name]: text };
  const bodies = actors.length === 0 ? [body] : actors.map((actor) => ({ actor, ...body }));
  const problems: string[] = [];
  for (const each of bodies) {
    const problem = await makeMove(orderId, path, each, { key: newIdempotencyKey() }).catch(
      () => 'no response from the server',
    );
    if (problem !== undefined) problems.push(`${toShortId(orderId)}: ${problem}`);
  }
  return problems;
};

/** The dialog's steps: preview, confirmation, moving, done. */
const useBulk = (move: BulkMove) => {
  const [previewed, setPreviewed] = useState<readonly Previewed[]>([]);
  const [progress, setProgress] = useState<Progress>();
  const [wanted, setWanted] = useState<number>();
  const [failure, setFailure] = useState<string>();
  const [missing, setMissing] = useState<Missing>();
  const stopped = useRef(false);
  const prepare = async (findIds: () => Promise<readonly string[]>): Promise<void> => {
    stopped.current = false;
    setPreviewed([]);
    setProgress(undefined);
    setFailure(undefined);
    setMissing(undefined);
    try {
      const ids = await findIds();
      setWanted(ids.length);
      const isStopped = (): boolean => stopped.current;
      const missed = await previewEach(move.move, ids, isStopped, (more) =>
        setPreviewed((known) => [...known, ...more]),
      );
      setMissing(missed);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      setFailure(`The preview failed: ${reason}. Close this dialog and try again.`);
    }
  };
  const carryOut = async (text: string): Promise<void> => {
    const accepted = previewed.filter(({ refusal }) => refusal === null);
    const problems: string[] = [];
    for (const [done, each] of accepted.entries()) {
      if (stopped.current) return;
      setProgress({ done, of: accepted.length, problems });
      problems.push(...(await moveOne(move, each, text)));
    }
    setProgress({ done: accepted.length, of: accepted.length, problems });
  };
  const stop = useCallback(() => {
    stopped.current = true;
  }, []);
  return { previewed, progress, wanted, missing, failure, prepare, carryOut, stop };
};

const mostProblems = 5;

const Preview = ({
  previewed,
  wanted,
  missing,
}: {
  previewed: readonly Previewed[];
  wanted: number | undefined;
  missing: Missing | undefined;
}) => (
  <>
    {wanted !== undefined && missing === undefined && previewed.length < wanted && (
      <label>
        Previewing {previewed.length.toLocaleString('en')} of {wanted.toLocaleString('en')}
        <progress max={wanted} value={previewed.length} />
      </label>
    )}
    <ul className="preview" aria-label="Preview">
      {toGroups(previewed).map(({ text, detail, isRefused, count }) => (
        <li key={`${text} ${detail}`} className={isRefused ? 'quiet' : ''}>
          <b>{count.toLocaleString('en')} ×</b> {isRefused ? `skipped: ${text}` : text}
          {detail !== '' && <span className="quiet"> – {detail}</span>}
        </li>
      ))}
    </ul>
    {missing !== undefined && (
      <p role="alert">
        {toCount(missing.count, 'order')} not previewed, and left out: {missing.reason}.
      </p>
    )}
  </>
);

const Running = ({ progress: { done, of, problems } }: { progress: Progress }) => (
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
    {problems.length > mostProblems && <p>{toCount(problems.length - mostProblems, 'more error')}</p>}
  </>
);

/** What is in the dialog while it is open. */
const Confirmation = ({
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
  const { previewed, progress, wanted, missing, failure, prepare, carryOut, stop } = useBulk(move);
  const begin = useRef(() => prepare(findIds));
  useEffect(() => {
    void begin.current();
    return stop;
  }, [stop]);
  const count = previewed.filter(({ refusal }) => refusal === null).length;
  const isReady = previewed.length + (missing?.count ?? 0) === wanted && progress === undefined && count > 0;
  const submit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void carryOut(String(new FormData(event.currentTarget).get('text') ?? ''));
  };
  return (
    <form onSubmit={submit}>
      <h2>{name}?</h2>
      {failure !== undefined && <p role="alert">{failure}</p>}
      <Preview previewed={previewed} wanted={wanted} missing={missing} />
      {move.field && (
        <label>
          {move.field.label}
          <input name="text" required autoComplete="off" />
        </label>
      )}
      {progress && <Running progress={progress} />}
      <div className="row end">
        <button type="button" onClick={onClose}>
          {progress === undefined || progress.done === progress.of ? 'Close' : 'Stop'}
        </button>
        <button type="submit" className="primary" disabled={!isReady}>
          {move.label} ({count.toLocaleString('en')})
        </button>
      </div>
    </form>
  );
};

/** A button that moves all orders that `findIds` returns, after a preview and a confirmation. */
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
        className={move.isDangerous ? 'danger' : ''}
        onClick={open}
        disabled={isDisabled && asked === undefined}
      >
        {name}
      </button>
      <dialog ref={dialog} aria-label={asked ?? name} onClose={() => setAsked(undefined)}>
        {asked !== undefined && (
          <Confirmation move={move} name={asked} findIds={findIds} onClose={() => dialog.current?.close()} />
        )}
      </dialog>
    </>
  );
};
