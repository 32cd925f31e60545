// Who is signed in, with the way out, and what their key does not allow. Where no key is asked for, none of it is shown.
import { useEffect, useState } from 'react';
import type { ApplicationInfo } from '../server/protocol.ts';
import { forgetRefusal, readSession, signOut, useKnown } from './session.ts';

export const SignedIn = () => {
  const { session } = useKnown();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    void readSession();
  }, []);
  if (session === undefined || session.principal === null) return null;
  return (
    <section className="signed-in" aria-label="Signed in">
      <span title={`Your key allows: ${session.scopes.join(', ')}`}>{session.principal}</span>
      {session.signedIn && (
        <button type="button" onClick={async () => setProblem(await signOut())}>
          Sign out
        </button>
      )}
      {problem !== undefined && <p role="alert">{problem}</p>}
    </section>
  );
};

/** What the service refused to show at `place`. */
export const Refusal = ({ place }: { place: string }) => {
  const { refusal } = useKnown();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was refused at one place says nothing of the next
  useEffect(() => forgetRefusal, [place]);
  return refusal === undefined ? null : (
    <p role="alert" className="refusal">
      {refusal.text}
    </p>
  );
};

/** Whether the key allows what needs a scope; undefined: it needs none. */
const useMayWith = (): ((scope: string | undefined) => boolean) => {
  const { session } = useKnown();
  return (scope) => session === undefined || scope === undefined || session.scopes.includes(scope);
};
export const useMay = (scope: string | undefined): boolean => useMayWith()(scope);

/** What the key does not allow, each with its scope. */
export const toForbidden = (
  things: readonly (readonly [label: string, scope: string | undefined])[],
): string =>
  `Not with your key: ${things.map(([label, scope]) => `${label} (needs the scope ${scope})`).join(', ')}`;

interface Movable {
  readonly label: string;
  readonly path: string;
}

/** Which of the moves the key allows, and a text about the others. */
export const useAllowed = <M extends Movable>(
  moves: readonly M[],
  { moveScopes }: Pick<ApplicationInfo, 'moveScopes'>,
): { readonly allowed: readonly M[]; readonly others: string | undefined } => {
  const mayWith = useMayWith();
  const isAllowed = ({ path }: Movable): boolean => mayWith(moveScopes[path]);
  const others = moves.filter((move) => !isAllowed(move));
  const forbidden = others.map(({ label, path }) => [label, moveScopes[path]] as const);
  return {
    allowed: moves.filter(isAllowed),
    others: forbidden.length === 0 ? undefined : toForbidden(forbidden),
  };
};
