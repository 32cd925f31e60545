// Compares what a real server shows of an order with the model: its view, moves, journal and messages; and
// that every move which is not offered is refused, with the list of open moves, and leaves no trace.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { actorNames } from '../../machines/messages.ts';
import { moves } from '../../machines/system.ts';
import type { StepResult } from '../../src/step/step.ts';
import type { ChartObserver } from '../../src/testing/chart-observer.ts';
import { ask } from '../e2e/client.ts';
import {
  type Offered,
  toExpectedEvent,
  toExpectedMessage,
  toExpectedMoves,
  toExpectedOrder,
} from './expected.ts';
import type { Model, Moment, MoveAction } from './model.ts';
import { captureOfMore, everyMove } from './possible-actions.ts';
import { checkUnknownOutcome, readOrder, requestMove, type ServerOrder, toPath } from './server-actions.ts';

interface MoveJson extends Offered {
  readonly method: string;
  readonly href: string;
  readonly by: string;
}

/** @throws AssertionError if the server and the model differ. `history`: every step so far. */
export const compareWithServer = async (
  serverOrder: ServerOrder,
  model: Model,
  moment: Moment,
  history: readonly StepResult[],
): Promise<void> => {
  const { order, messages, events } = await readOrder(serverOrder);
  const { moves: offered, links, ...rest } = order;
  deepStrictEqual(rest, plain(toExpectedOrder(model, moment)));
  strictEqual(links.self, `/orders/${model.orderId}`);
  deepStrictEqual(toSorted(offered.map(toOffered(model))), toSorted(toExpectedMoves(model, moment)));
  deepStrictEqual(messages, plain(history.map(({ received }) => toExpectedMessage(received))));
  deepStrictEqual(
    events.map(({ position: _, ...event }: { readonly position: string }) => event),
    plain(history.flatMap((result) => result.events.map((event) => toExpectedEvent(model, event)))),
  );
};

/** As JSON has it: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const toSorted = (offered: readonly Offered[]): unknown =>
  plain(offered.toSorted((a, b) => toName(a).localeCompare(toName(b))));
const toName = ({ move, actor }: Offered): string => `${move} ${actor ?? ''}`;

/** Checks the address of a move. Returns the rest of it. */
const toOffered =
  ({ orderId }: Model) =>
  ({ method, href, by, outcomes, ...offered }: MoveJson): Offered => {
    deepStrictEqual(
      { method, href, by },
      { method: 'POST', href: `/orders/${orderId}/${toPath(offered.move)}`, by: moves[offered.move].by },
    );
    return { ...offered, ...(outcomes && { outcomes: outcomes.toSorted() }) };
  };

/**
 * Requests moves of every kind that the charts do not take at this moment. Returns the items of the charts that
 * this covers.
 */
export const checkRefusals = async (
  serverOrder: ServerOrder,
  model: Model,
  moment: Moment,
  observer: ChartObserver,
): Promise<readonly string[]> => {
  const met: string[] = [];
  const { body: order } = await ask(`${serverOrder.server.url}/orders/${serverOrder.orderId}`);
  const offered: readonly MoveJson[] = order.moves;
  for (const move of findRefusedMoves(moment, offered)) {
    observer.met.clear();
    if (model.takes(moment, move)) continue;
    met.push(...observer.met);
    const { status, headers, body } = await requestMove(serverOrder, move);
    const isWrongWord = move.outcome === nonsense;
    const expected = isWrongWord ? [400, '/problems/invalid-request'] : [409, '/problems/move-not-allowed'];
    deepStrictEqual([status, body.type], expected, `${JSON.stringify(move)}: ${JSON.stringify(body)}`);
    strictEqual(headers.get('content-type')?.split(';')[0], 'application/problem+json');
    if (isWrongWord) await checkUnknownOutcome(serverOrder, move);
    else deepStrictEqual(body.moves, offered);
  }
  return met;
};

const nonsense = 'nonsense';
const refund = { type: 'move', move: 'refund', to: 'order' } as const;

/** Moves that are not offered: of the order, of an actor without an incident, of those with one. */
const findRefusedMoves = ({ state }: Moment, offered: readonly MoveJson[]): MoveAction[] => {
  const resolving = offered.filter(({ move }) => move === 'resolve');
  const others = actorNames.filter((name) => !resolving.some(({ actor }) => actor === name));
  const other = others[state.version % others.length];
  const upTo = offered.find(({ move }) => move === 'refund')?.upTo;
  return [
    { type: 'move', move: 'cancel', to: 'order' },
    { type: 'move', move: 'capture', to: 'order' },
    captureOfMore,
    refund,
    ...(upTo === undefined ? [] : [{ ...refund, amount: upTo + 1 }]),
    ...everyMove.filter(({ to, move }) => to === other && move === 'retry'),
    ...everyMove.filter(({ to, move }) => to === other && move === 'resolve').slice(0, 1),
    ...resolving.flatMap(({ actor, outcomes = [] }): MoveAction[] =>
      // `charged` needs the bank's transaction, which is missing here.
      [nonsense, ...outcomes.filter((outcome) => outcome === 'charged')].map((outcome) => ({
        ...{ type: 'move', move: 'resolve', to: actor ?? 'order', outcome },
      })),
    ),
  ];
};
