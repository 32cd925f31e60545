// The moves that an order accepts now, as buttons that ask for confirmation. The chart decides: a move that it does not
// accept any more is answered with the reason.
import { newIdempotencyKey } from '../../client.ts';
import type { ApplicationInfo, OpenMove } from '../server/protocol.ts';
import { movesApi } from './api.ts';
import { type ReadParts, useExtension } from './extension.ts';
import { FormButton, type Send } from './form-button.tsx';
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

/** What the fields of `move` say, as the body of its request. */
const toBody = ({ actor, fields }: OpenMove, form: FormData): Readonly<Record<string, unknown>> => {
  const names = new Set(['outcome', ...fields.map(({ name }) => name)]);
  const given = [...form].filter(([name, value]) => names.has(name) && value !== '');
  return { ...Object.fromEntries(given), ...(actor === undefined ? {} : { actor }) };
};

const openMove = (orderId: string, move: OpenMove, readParts: ReadParts): Send => {
  let key = newIdempotencyKey();
  // What is done about an incident is for the one that was read: another may have taken its place since.
  const ifVersion = move.actor === undefined ? undefined : move.version;
  return async (form) => {
    const { problem, body } = move.parts === undefined ? { body: {} } : readParts(form, move.parts);
    if (problem !== undefined) return problem;
    const wrong = await makeMove(orderId, move.path, { ...toBody(move, form), ...body }, { key, ifVersion });
    key = newIdempotencyKey();
    return wrong;
  };
};

/** Without words of the application for parts, a move takes everything. */
const readNoParts: ReadParts = () => ({ body: {} });

const MoveButton = ({
  application,
  orderId,
  move,
}: {
  application: ApplicationInfo;
  orderId: string;
  move: OpenMove;
}) => {
  const extension = useExtension(application.name);
  const { label, consequence, isDangerous, parts } = move;
  return (
    <FormButton
      {...{ label, consequence, isDangerous }}
      open={() => openMove(orderId, move, extension?.readParts ?? readNoParts)}
    >
      {parts && extension && <extension.PartsFields parts={parts} />}
      <Fields move={move} />
    </FormButton>
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
        <MoveButton key={move.label} {...{ application, orderId, move }} />
      ))}
      {others !== undefined && <span className="quiet">{others}</span>}
      {moves.length === 0 && <span className="quiet">No moves available</span>}
    </div>
  );
};
