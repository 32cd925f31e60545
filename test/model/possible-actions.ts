// Everything that can happen to an order next, at a moment of the model: each answer to each pending call,
// each open move, each unsolicited answer, the passing of time, a crash. What follows from it is the model's
// part.
import type { AnyMachineSnapshot } from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { moves, orderSystem } from '../../machines/system.ts';
import { nodesOf } from '../../src/testing/chart-observer.ts';
import { wants } from '../../src/testing/happenings.ts';
import {
  type Action,
  type FactAction,
  findNextEvent,
  type Model,
  type Moment,
  type MoveAction,
  toCallName,
  toFact,
} from './model.ts';
import {
  answersTo,
  clients,
  disputeReports,
  type FactKey,
  type FactWords,
  facts,
  toService,
} from './service-answers.ts';

/** Less than the whole amount, and more than half of it. */
export const partialRefund = 10_000;
export const refundOfPart: MoveAction = {
  type: 'move',
  move: 'refund',
  to: 'order',
  amount: partialRefund,
};
/** One piece, which goes back into stock. */
const refundOfLine: MoveAction = {
  type: 'move',
  move: 'refund',
  to: 'order',
  lines: [{ productId: 'product-1', quantity: 1, restock: true }],
};
/** More than was authorised. */
export const captureOfMore: MoveAction = { type: 'move', move: 'capture', to: 'order', amount: 1_000_000 };
const transactionId = 'transaction-1';

const snapshotOf = ({ state }: Moment, actor: ActorName): AnyMachineSnapshot => {
  const found = state.actors.get(actor);
  if (found === undefined) throw new Error(`there is no ${actor}`);
  return found.snapshot;
};

export const isPlaced = ({ state }: Moment): boolean => state.version > 0;

/** The answers to pending calls of these services. */
export const findAnswers = (
  { state }: Moment,
  quality: 'good' | 'bad',
  services: readonly string[],
): Action[] =>
  [...state.calls.values()]
    .filter(({ service }) => services.includes(service))
    .flatMap(({ command }) =>
      (answersTo[command.type]?.[quality] ?? []).map((word) => ({
        type: 'answer' as const,
        call: toCallName(command),
        word,
      })),
    );

/** The outcomes that an operator may name, by actor: those of any state of its chart. */
const findOutcomes = (actor: ActorName): readonly string[] => [
  ...new Set(nodesOf(orderSystem.charts[actor].root).flatMap(({ meta }) => meta?.outcomes ?? [])),
];
const everyOutcome = new Map(actorNames.map((actor) => [actor, findOutcomes(actor)]));
export const outcomesOf = (actor: ActorName): readonly string[] => everyOutcome.get(actor) ?? [];

const toResolve = (to: ActorName, outcome: string): MoveAction => ({
  type: 'move',
  move: 'resolve',
  to,
  outcome,
  ...(outcome === 'charged' && { transactionId }),
});

/** Every possible move, open or not. */
export const everyMove: readonly MoveAction[] = [
  { type: 'move', move: 'cancel', to: 'order' },
  { type: 'move', move: 'capture', to: 'order' },
  { type: 'move', move: 'refund', to: 'order' },
  ...actorNames.flatMap((to): MoveAction[] => [
    { type: 'move', move: 'retry', to },
    ...outcomesOf(to).map((outcome) => toResolve(to, outcome)),
  ]),
];

/** The moves that the charts take now, found by asking the charts and not by reading what is offered. */
export const findMoves = (model: Model, moment: Moment): MoveAction[] =>
  findHeardMoves(moment).filter(
    (move) => move.amount === undefined && move.lines === undefined && model.takes(moment, move),
  );

/** Moves for which there is a transition, whether its guard allows it or not; also in part, by line, and of too much. */
export const findHeardMoves = (moment: Moment): MoveAction[] =>
  [...everyMove, refundOfPart, refundOfLine, captureOfMore].filter(({ move, to }) =>
    wants(snapshotOf(moment, to), moves[move].type),
  );

/** Unsolicited answers for which there is a transition. */
export const findFacts = (moment: Moment, services: readonly string[]): FactAction[] =>
  findWords(
    moment,
    facts.filter(({ service }) => services.includes(service)),
  );

/** Reports of a dispute for which there is a transition. */
export const findDisputeReports = (moment: Moment): FactAction[] => findWords(moment, [disputeReports]);

const findWords = (moment: Moment, told: readonly FactWords[]): FactAction[] =>
  told
    .flatMap(({ service, of, stale }): FactAction[] => {
      const to = clients[service];
      const { attempt } = snapshotOf(moment, to).context;
      const keys: readonly FactKey[] = ['charge', 'capture', 'void', 'refund', 'foreign'];
      return [
        ...keys.flatMap((key) =>
          (of[key] ?? []).map((word): FactAction => ({ type: 'fact', to, word, key, attempt: 'last' })),
        ),
        ...(attempt < 2
          ? []
          : stale.map((word): FactAction => ({ type: 'fact', to, word, key: 'asked', attempt: 'earlier' }))),
      ];
    })
    .filter((fact) => wants(snapshotOf(moment, fact.to), toFact('', moment, fact).type));

/** Whether the next event is only the end of a backoff. */
export const isBackOff = ({ state }: Moment): boolean => {
  const [next] = [...state.deadlines].sort(([, a], [, b]) => a.dueAt - b.dueAt);
  return next !== undefined && /[bB]ackOff/.test(next[0].split('.')[2] ?? '');
};

/** Whether time can pass: there is one next event. */
export const canWait = (moment: Moment): boolean => findNextEvent(moment) !== undefined;

/** The service whose missing answer is the next event, if it is one. */
export const silentService = (moment: Moment): string | undefined => {
  const coming = findNextEvent(moment);
  if (coming?.what !== 'silence') return undefined;
  const call = moment.state.calls.get(coming.callId);
  return call && toService(call.service);
};
