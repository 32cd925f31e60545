// Stories of one order made of random happenings, for fast-check: what customers and operators ask for, what
// services answer (late, twice, never, to an attempt long past), time, and crashes, also in the middle of a
// request. Each is done to a server and to the model, and the two are held against each other after it.
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { Settings } from '../../src/config.ts';
import type { StepResult } from '../../src/step/step.ts';
import { act, askFor, askThroughCrash, type CrashAt, type Subject } from './acting.ts';
import { agree } from './agreeing.ts';
import { canWait, everyMove, refundOfPart } from './choices.ts';
import type { Action, FactAction, Model, Moment, MoveAction } from './model.ts';
import { toCallName } from './model.ts';
import { type Told, toStory } from './telling.ts';
import { answersTo, clients, type FactKey, facts } from './words.ts';

/** Where a story stands in the model. */
export interface Standing {
  readonly settings: Settings;
  readonly model: Model;
  moment: Moment;
  readonly told: Told[];
}
/** Where it stands on a server. */
export interface Real {
  readonly subject: Subject;
  readonly history: StepResult[];
}
type Happening = fc.AsyncCommand<Standing, Real>;

const crashNow = { type: 'crash', down: 'for no time' } as const;

/** Leads the model on by `actions`, the server by `doIt`, and compares. @throws Error with the story. */
export const happen = async (
  standing: Standing,
  { subject, history }: Real,
  actions: readonly Action[],
  doIt: () => Promise<void>,
): Promise<void> => {
  const { model, settings, told } = standing;
  for (const action of actions) {
    const before = standing.moment;
    const after = model.next(before, action);
    told.push({ action, before, after });
    history.push(...after.results);
    standing.moment = after;
  }
  try {
    await doIt();
    await subject.server.untilVersion(subject.orderId, standing.moment.state.version);
    await agree(subject, model, standing.moment, history);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text}\n\nThis is what happened:\n${toStory(settings, told)}`, { cause: error });
  }
};

/** Something that happens where `find` finds it possible. */
const happening = (name: string, find: (model: Model, moment: Moment) => Action | undefined): Happening => ({
  check: ({ model, moment }) => find(model, moment) !== undefined,
  run: async (standing, real) => {
    const before = standing.moment;
    const action = find(standing.model, before);
    if (action === undefined) return;
    const { subject } = real;
    await happen(standing, real, [action], async () => {
      const { now } = standing.moment;
      if (action.type === 'wait') await subject.server.passUntil(now);
      else if (action.type === 'crash') await subject.server.crash(now);
      else await act(subject, before, action);
    });
  },
  toString: () => name,
});

const answering = (which: number, word: number): Happening =>
  happening(`answer ${which}, ${word}`, (_, { state }) => {
    const calls = [...state.calls.values()];
    const call = calls[which % calls.length];
    if (call === undefined) return undefined;
    const { good = [], bad = [] } = answersTo[call.command.type] ?? {};
    const words = [...good, ...bad];
    return { type: 'answer', call: toCallName(call.command), word: words[word % words.length] ?? '' };
  });

const nameOf = ({ move, to, outcome = '' }: MoveAction): string => `${move} ${to} ${outcome}`;

/** A move: taken where it is open, refused without a trace where it is not. */
const moving = (move: MoveAction): Happening => ({
  check: () => true,
  run: async (standing, real) => {
    const { model, moment } = standing;
    if (model.takes(moment, move)) {
      return happen(standing, real, [move], () => act(real.subject, moment, move));
    }
    return happen(standing, real, [], async () => {
      const { status, body } = await askFor(real.subject, move);
      const isKnownActor = !(status === 400 && move.move === 'resolve');
      deepStrictEqual(
        [status, body.type],
        isKnownActor ? [409, '/problems/move-not-allowed'] : [400, '/problems/invalid-request'],
      );
    });
  },
  toString: () => nameOf(move),
});

/** A move in the middle of which the process dies; the client repeats it. */
const movingThroughCrash = (move: MoveAction, crashAt: CrashAt): Happening => ({
  check: ({ model, moment }) => model.takes(moment, move),
  run: (standing, real) =>
    happen(standing, real, crashAt === 'before-commit' ? [crashNow, move] : [move, crashNow], () =>
      askThroughCrash(real.subject, move, crashAt),
    ),
  toString: () => `${nameOf(move)}, crash ${crashAt}`,
});

const everyFact: readonly FactAction[] = facts.flatMap(({ service, of, stale }) => {
  const words = [...new Set([...Object.values(of).flat(), ...stale])];
  const keys: readonly FactKey[] =
    service === 'gateway'
      ? ['charge', 'capture', 'void', 'refund', 'asked', 'foreign']
      : ['asked', 'foreign'];
  return keys.flatMap((key) =>
    words.flatMap((word) =>
      (['last', 'earlier'] as const).map(
        (attempt): FactAction => ({ type: 'fact', to: clients[service], word, key, attempt }),
      ),
    ),
  );
});

const telling = (fact: FactAction): Happening =>
  happening(`told ${fact.word} of ${fact.key}, ${fact.attempt}`, (_, { state }) => {
    const context = state.actors.get(fact.to)?.snapshot.context;
    return context.key !== '' && context.attempt > (fact.attempt === 'earlier' ? 1 : 0) ? fact : undefined;
  });

const waiting = happening('wait', (_, moment) => (canWait(moment) ? { type: 'wait' } : undefined));
const crashing = happening('crash', () => crashNow);
const downing = happening('downtime', (_, { state }) =>
  state.deadlines.size > 0 ? { type: 'crash', down: 'until the next deadline' } : undefined,
);

const moves: readonly MoveAction[] = [...everyMove, refundOfPart];
const answers = fc.tuple(fc.nat(2), fc.nat(6)).map(([which, word]) => answering(which, word));
const goodAnswers = fc.nat(2).map((which) => answering(which, 0));

/** Happenings in about the shares in which they lead far: more answers than moves, more moves than crashes. */
export const happenings: fc.Arbitrary<Happening>[] = [
  goodAnswers,
  goodAnswers,
  answers,
  answers,
  answers,
  fc.constant(waiting),
  fc.constant(waiting),
  fc.constantFrom(...moves).map(moving),
  fc.constantFrom(...moves).map(moving),
  fc.constantFrom(...everyFact).map(telling),
  fc.constantFrom(crashing, downing),
  fc
    .tuple(fc.constantFrom(...moves), fc.constantFrom('before-commit' as const, 'after-commit' as const))
    .map(([move, crashAt]) => movingThroughCrash(move, crashAt)),
];
