// What a move would do to an order now: stepped on a copy in memory, with no effect outside. For moving many
// orders at once, so that a person sees what will happen before it does.
import { moves } from '../../machines/system.ts';
import type { Host } from '../host.ts';
import { toStateName } from '../step/notes.ts';
import type { SystemState } from '../step/snapshot.ts';
import { toView } from '../step/view.ts';
import type { BulkMove, Previewed } from './shapes.ts';
import type { Timeline } from './timeline.ts';

const states = (state: SystemState): ReadonlyMap<string, string> =>
  new Map([...state.actors].map(([name, { snapshot }]) => [name, toStateName(snapshot)]));

/** What the order does not take is refused, as it would be; an order that cannot be read too. */
export const preview = async (
  timeline: Timeline,
  host: Host,
  orderId: string,
  move: BulkMove,
): Promise<Previewed> => {
  let last: SystemState | undefined;
  for await (const { state } of timeline.read(host, orderId)) last = state;
  if (last === undefined)
    return { orderId, changes: [], calls: [], actors: [], refusal: 'there is no such order' };
  const open = toView(orderId, '', last).allowed.filter((each) => each.move === move);
  if (open.length === 0) {
    const where = states(last).get('order') ?? 'nowhere';
    return { orderId, changes: [], calls: [], actors: [], refusal: `${where} takes no ${move}` };
  }
  let state = last;
  const calls: string[] = [];
  for (const { actor: to = 'order' } of open) {
    const message = { type: moves[move].type, reason: 'supposed', note: 'supposed' };
    const incoming = { orderId, at: state.updatedAt, to, message, causationId: null } as const;
    const moment = timeline.suppose(orderId, state, {
      ...{ kind: 'message', messageId: `supposed/${state.version}` },
      ...incoming,
    });
    if (moment === undefined) continue;
    ({ state } = moment);
    calls.push(...moment.point.passed.filter((each) => isCall(last, each.to)).map(({ type }) => type));
  }
  const was = states(last);
  return {
    orderId,
    changes: [...states(state)].flatMap(([actor, to]) =>
      was.get(actor) === to ? [] : [{ actor, from: was.get(actor) ?? '', to }],
    ),
    calls,
    actors: open.flatMap(({ actor }) => actor ?? []),
    refusal: null,
  };
};

/** Whoever is no actor of the order is a service. */
const isCall = (state: SystemState, to: string): boolean => !state.actors.has(to);
