// Random actions on one order, for fast-check: moves of customers and operators, answers of services (late,
// twice, never, to an old attempt), time, and crashes, also during a request. Each is performed on a server
// and in the model, and both are compared after it.
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { Settings } from '../../src/config.ts';
import type { StepResult } from '../../src/step/step.ts';
import { compareWithServer } from './compare-with-server.ts';
import type { Action, FactAction, Model, Moment, MoveAction } from './model.ts';
import { toCallName } from './model.ts';
import { type ReportedStep, toPathReport } from './path-report.ts';
import { canWait, everyMove, refundOfPart } from './possible-actions.ts';
import {
  type CrashAt,
  performAction,
  requestMove,
  requestMoveThroughCrash,
  type ServerOrder,
} from './server-actions.ts';
import { answersTo, clients, disputeReports, type FactKey, facts } from './service-answers.ts';

/** The order in the model. */
export interface ModelSide {
  readonly settings: Settings;
  readonly model: Model;
  moment: Moment;
  readonly steps: ReportedStep[];
}
/** The order on the server. */
export interface ServerSide {
  readonly serverOrder: ServerOrder;
  readonly history: StepResult[];
}
type RandomAction = fc.AsyncCommand<ModelSide, ServerSide>;

const crashNow = { type: 'crash', down: 'for no time' } as const;

/** Steps the model by `actions` and the server by `perform`, and compares. @throws Error with the path. */
export const performAndCompare = async (
  modelSide: ModelSide,
  { serverOrder, history }: ServerSide,
  actions: readonly Action[],
  perform: () => Promise<void>,
): Promise<void> => {
  const { model, settings, steps } = modelSide;
  for (const action of actions) {
    const before = modelSide.moment;
    const after = model.next(before, action);
    steps.push({ action, before, after });
    history.push(...after.results);
    modelSide.moment = after;
  }
  try {
    await perform();
    await serverOrder.server.untilVersion(serverOrder.orderId, modelSide.moment.state.version);
    await compareWithServer(serverOrder, model, modelSide.moment, history);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text}\n\nThis is what happened:\n${toPathReport(settings, steps)}`, { cause: error });
  }
};

/** An action that is performed if `find` returns it. */
const randomAction = (
  name: string,
  find: (model: Model, moment: Moment) => Action | undefined,
): RandomAction => ({
  check: ({ model, moment }) => find(model, moment) !== undefined,
  run: async (modelSide, serverSide) => {
    const before = modelSide.moment;
    const action = find(modelSide.model, before);
    if (action === undefined) return;
    const { serverOrder } = serverSide;
    await performAndCompare(modelSide, serverSide, [action], async () => {
      const { now } = modelSide.moment;
      if (action.type === 'wait') await serverOrder.server.passUntil(now);
      else if (action.type === 'crash') await serverOrder.server.crash(now);
      else await performAction(serverOrder, before, action);
    });
  },
  toString: () => name,
});

const answerCall = (which: number, word: number): RandomAction =>
  randomAction(`answer ${which}, ${word}`, (_, { state }) => {
    const calls = [...state.calls.values()];
    const call = calls[which % calls.length];
    if (call === undefined) return undefined;
    const { good = [], bad = [] } = answersTo[call.command.type] ?? {};
    const words = [...good, ...bad];
    return { type: 'answer', call: toCallName(call.command), word: words[word % words.length] ?? '' };
  });

const nameOf = ({ move, to, outcome = '' }: MoveAction): string => `${move} ${to} ${outcome}`;

/** A move: accepted if it is open, refused without a trace if not. */
const makeMove = (move: MoveAction): RandomAction => ({
  check: () => true,
  run: async (modelSide, serverSide) => {
    const { model, moment } = modelSide;
    if (model.takes(moment, move)) {
      return performAndCompare(modelSide, serverSide, [move], () =>
        performAction(serverSide.serverOrder, moment, move),
      );
    }
    return performAndCompare(modelSide, serverSide, [], async () => {
      const { status, body } = await requestMove(serverSide.serverOrder, move);
      const isKnownActor = !(status === 400 && move.move === 'resolve');
      deepStrictEqual(
        [status, body.type],
        isKnownActor ? [409, '/problems/move-not-allowed'] : [400, '/problems/invalid-request'],
      );
    });
  },
  toString: () => nameOf(move),
});

/** A move during which the process dies; the client repeats it. */
const makeMoveThroughCrash = (move: MoveAction, crashAt: CrashAt): RandomAction => ({
  check: ({ model, moment }) => model.takes(moment, move),
  run: (modelSide, serverSide) =>
    performAndCompare(
      modelSide,
      serverSide,
      crashAt === 'before-commit' ? [crashNow, move] : [move, crashNow],
      () => requestMoveThroughCrash(serverSide.serverOrder, move, crashAt),
    ),
  toString: () => `${nameOf(move)}, crash ${crashAt}`,
});

const everyFact: readonly FactAction[] = [...facts, disputeReports].flatMap(({ service, of, stale }) => {
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

const sendFact = (fact: FactAction): RandomAction =>
  randomAction(`told ${fact.word} of ${fact.key}, ${fact.attempt}`, (_, { state }) => {
    const context = state.actors.get(fact.to)?.snapshot.context;
    return context.key !== '' && context.attempt > (fact.attempt === 'earlier' ? 1 : 0) ? fact : undefined;
  });

const wait = randomAction('wait', (_, moment) => (canWait(moment) ? { type: 'wait' } : undefined));
const crash = randomAction('crash', () => crashNow);
const downtime = randomAction('downtime', (_, { state }) =>
  state.deadlines.size > 0 ? { type: 'crash', down: 'until the next deadline' } : undefined,
);

const moves: readonly MoveAction[] = [...everyMove, refundOfPart];
const answers = fc.tuple(fc.nat(2), fc.nat(6)).map(([which, word]) => answerCall(which, word));
const goodAnswers = fc.nat(2).map((which) => answerCall(which, 0));

/** Weighted so that orders get far: more answers than moves, more moves than crashes. */
export const randomActions: fc.Arbitrary<RandomAction>[] = [
  goodAnswers,
  goodAnswers,
  answers,
  answers,
  answers,
  fc.constant(wait),
  fc.constant(wait),
  fc.constantFrom(...moves).map(makeMove),
  fc.constantFrom(...moves).map(makeMove),
  fc.constantFrom(...everyFact).map(sendFact),
  fc.constantFrom(crash, downtime),
  fc
    .tuple(fc.constantFrom(...moves), fc.constantFrom('before-commit' as const, 'after-commit' as const))
    .map(([move, crashAt]) => makeMoveThroughCrash(move, crashAt)),
];
