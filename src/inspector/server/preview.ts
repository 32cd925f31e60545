// What a move would do to an order now, stepped on a copy in memory, with no effect outside: so that people see what
// will happen before they move many orders at once.
import { type Application, viewOf } from '../../application.ts';
import type { OrderAccess } from '../../host.ts';
import { toStateName } from '../../step/notes.ts';
import type { SystemState } from '../../step/system-state.ts';
import { BudgetSpent, Pace } from './pace.ts';
import type { Preview, Previewed } from './protocol.ts';
import type { Timeline } from './timeline.ts';
import { toMoveMessages } from './what-if.ts';

interface PreviewParts {
  readonly application: Application;
  readonly timeline: Timeline;
}

const toStates = ({ actors }: SystemState): ReadonlyMap<string, string> =>
  new Map([...actors].map(([name, { snapshot }]) => [name, toStateName(snapshot)]));

/** An order that does not accept the move is refused, as it would be; an order that cannot be read too. */
export const preview = async (
  { application, timeline }: PreviewParts,
  host: OrderAccess,
  orderId: string,
  move: string,
  pace = new Pace(),
): Promise<Previewed> => {
  const refuse = (refusal: string): Previewed => ({ orderId, changes: [], calls: [], actors: [], refusal });
  const problem = (await host.get(orderId))?.unreadable;
  if (problem !== undefined) return refuse(problem);
  const found = await timeline.find(host, orderId, pace);
  if (found === undefined) return refuse('there is no such order');
  let { moment } = found;
  const before = toStates(moment.state);
  const open = viewOf(application, orderId, moment.state).moves.filter((each) => each.move === move);
  if (open.length === 0) return refuse(`${before.get(application.mainActor)} does not accept ${move}`);

  const calls: string[] = [];
  for (const each of open) {
    const [message] = toMoveMessages(application, each);
    if (message === undefined) continue;
    const { version, updatedAt: at } = moment.state;
    const to = each.actor ?? application.mainActor;
    const messageId = `what-if/${version}`;
    const next = timeline.next(moment, {
      kind: 'message',
      orderId,
      at,
      messageId,
      to,
      message,
      causationId: null,
    });
    if (next === undefined) continue;
    moment = next;
    const { deliveries } = next.point;
    calls.push(...deliveries.filter(({ to: receiver }) => !before.has(receiver)).map(({ type }) => type));
  }
  const changes = [...toStates(moment.state)].flatMap(([actor, to]) => {
    const from = before.get(actor) ?? '';
    return from === to ? [] : [{ actor, from, to }];
  });
  return { orderId, changes, calls, actors: open.flatMap(({ actor }) => actor ?? []), refusal: null };
};

/** The same move for several orders, each looked at once, as far as the pace's budget goes. */
export const previewAll = async (
  parts: PreviewParts,
  host: OrderAccess,
  orderIds: readonly string[],
  move: string,
  pace: Pace,
): Promise<Preview> => {
  const ids = [...new Set(orderIds)];
  const previewed: Previewed[] = [];
  for (const id of ids) {
    try {
      await pace.turn();
      previewed.push(await preview(parts, host, id, move, pace));
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      const reason = `${error.message} for this preview, the most for one: ask for these orders again, and it continues`;
      return { previewed, notComputed: { orderIds: ids.slice(previewed.length), reason } };
    }
  }
  return { previewed, notComputed: null };
};
