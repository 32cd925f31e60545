// What could come next for an order, and where it would lead: replies to its open calls, its deadlines, the moves that
// are open. It works on a copy in memory with the pure step and has no effect outside.
import { type Application, viewOf } from '../../application.ts';
import { type ExampleMessage, findField, toExample } from '../../example-messages.ts';
import type { OrderAccess } from '../../host.ts';
import { toDeadlineName } from '../../step/deadline-name.ts';
import type { Incoming } from '../../step/step.ts';
import type { SystemState } from '../../step/system-state.ts';
import type { Move } from '../../step/view.ts';
import { toLabel } from './forms.ts';
import type { Exchange } from './kept-replays.ts';
import type { Pace } from './pace.ts';
import type { Hypothetical, Point, Possibility, WhatIf } from './protocol.ts';
import type { Moment, Timeline } from './timeline.ts';

interface WhatIfParts {
  readonly application: Application;
  readonly timeline: Timeline;
  /** Services that live elsewhere: their replies can be late, or come again. */
  readonly outside: readonly string[];
}

/** A command to a service outside, and which replies to it came. */
interface Asked {
  readonly actor: string;
  readonly command: ExampleMessage;
  readonly replies: Set<string>;
}

/** Each reply that the command may get, in full. */
const toReplies = (
  { messages }: Application,
  state: SystemState,
  actor: string,
  command: ExampleMessage,
): readonly ExampleMessage[] => {
  const others = [...state.actors].map(([, { snapshot }]) => snapshot.context);
  const sources = [command, state.actors.get(actor)?.snapshot.context, ...others];
  const lookup = (name: string): unknown => {
    for (const source of sources) {
      const found = findField(source, name);
      if (found !== undefined && found !== '') return found;
    }
    return undefined;
  };
  return (messages[command.type]?.call?.replies ?? []).map(({ type, ...given }) =>
    toExample(messages, type, given, lookup),
  );
};

/** Commands of which replies could come late, the newest: nobody chooses among hundreds, and each costs time. */
const mostLate = 20;

const toKey = ({ type, key }: Readonly<Record<string, unknown>>): string => `${type} ${key}`;

/** Notes the commands that services outside got with this message, and the reply that it is itself. */
const noteAsked = (
  { application: { messages }, outside }: WhatIfParts,
  asked: Map<string, Asked>,
  { deliveries, from, type, data }: Exchange,
): void => {
  for (const { from: actor, to, type: sent, data: rest } of deliveries) {
    if (!outside.includes(to)) continue;
    const command = { ...rest, type: sent };
    asked.set(toKey(command), { actor, command, replies: asked.get(toKey(command))?.replies ?? new Set() });
  }
  if (!outside.includes(from)) return;
  for (const { command, replies } of asked.values()) {
    if (command['key'] !== data['key']) continue;
    if (messages[command.type]?.call?.replies.some((each) => each.type === type)) replies.add(type);
  }
};

/** A reply that comes again, or that is no longer awaited: a message from outside, as a webhook is. */
const toLateReplies = (
  { application }: WhatIfParts,
  state: SystemState,
  asked: ReadonlyMap<string, Asked>,
): readonly Possibility[] => {
  const pending = new Set([...state.calls.values()].map(({ command }) => toKey(command)));
  return [...asked]
    .filter(([key]) => !pending.has(key))
    .slice(-mostLate)
    .flatMap(([, { actor, command, replies }]) =>
      toReplies(application, state, actor, command).map(
        (message): Possibility => ({
          label: `${message.type}, ${replies.has(message.type) ? 'again' : 'late'}`,
          kind: 'late',
          hypothetical: { kind: 'message', to: actor, message },
        }),
      ),
    );
};

/** A move's message for each outcome that it may state. */
export const toMoveMessages = (
  { messages, moves }: Application,
  { move, outcomes, upTo, lines }: Move,
): readonly ExampleMessage[] => {
  const { type = '' } = moves[move] ?? {};
  // The number that a move may ask for is limited by `upTo`.
  const toMessage = (given: Readonly<Record<string, unknown>>) =>
    toExample(messages, type, given, () => upTo);
  if (outcomes?.length && move === 'resolve') return outcomes.map((outcome) => toMessage({ outcome }));
  if (lines === undefined) return [toMessage({})];
  // A made-up product is none of the order's.
  const { lines: _, ...byAmount } = toMessage({});
  return lines.length === 0 ? [byAmount] : [byAmount, toMessage({ lines })];
};

const toVariant = (message: ExampleMessage): string => {
  if ('lines' in message) return ': every line';
  return 'outcome' in message ? `: ${message['outcome']}` : '';
};

const toMoves = (application: Application, moves: readonly Move[]): readonly Possibility[] =>
  moves.flatMap((open) =>
    toMoveMessages(application, open).map(
      (message): Possibility => ({
        label: `${toLabel(application, open)}${toVariant(message)}`,
        kind: 'move',
        hypothetical: { kind: 'message', to: open.actor ?? application.mainActor, message },
      }),
    ),
  );

/** What could come now, in the order in which people look for it. */
const findPossible = (
  parts: WhatIfParts,
  { orderId, state }: Moment,
  asked: ReadonlyMap<string, Asked>,
): readonly Possibility[] => {
  const { application } = parts;
  return [
    ...[...state.calls].flatMap(([callId, { actor, command }]) =>
      toReplies(application, state, actor, command).map(
        (message): Possibility => ({
          label: message.type,
          kind: 'reply',
          hypothetical: { kind: 'reply', callId, message },
        }),
      ),
    ),
    ...[...state.deadlines].map(
      ([key, { source, dueAt }]): Possibility => ({
        label: `${source}: ${toDeadlineName(key) ?? key} passes`,
        kind: 'deadline',
        hypothetical: { kind: 'deadline', key, dueAt },
      }),
    ),
    ...toMoves(application, viewOf(application, orderId, state).moves),
    ...toLateReplies(parts, state, asked),
  ];
};

const toIncoming = ({ orderId, state }: Moment, hypothetical: Hypothetical): Incoming => {
  const at = state.updatedAt;
  if (hypothetical.kind === 'reply') return { orderId, at, ...hypothetical };
  if (hypothetical.kind === 'deadline') {
    return { orderId, ...hypothetical, at: Math.max(at, hypothetical.dueAt) };
  }
  return { orderId, at, ...hypothetical, messageId: `what-if/${state.version}`, causationId: null };
};

/**
 * Follows `hypotheticals` from the order's version `version`. Undefined when there is no such version.
 * @throws as `timeline.find` does
 */
export const followWhatIf = async (
  parts: WhatIfParts,
  host: OrderAccess,
  orderId: string,
  { version, hypotheticals }: { readonly version: number; readonly hypotheticals: readonly Hypothetical[] },
  pace: Pace,
): Promise<WhatIf | undefined> => {
  const { timeline } = parts;
  const found = await timeline.find(host, orderId, pace, version);
  if (found?.moment.state.version !== version) return undefined;
  let { moment } = found;
  const asked = new Map<string, Asked>();
  for (const exchange of found.exchanges) noteAsked(parts, asked, exchange);
  const points: Point[] = [];
  for (const hypothetical of hypotheticals) {
    if (pace.isDue) await pace.turn();
    const next = timeline.next(moment, toIncoming(moment, hypothetical));
    if (next === undefined) break;
    moment = next;
    points.push(next.point);
    noteAsked(parts, asked, next.point);
  }
  return { points, possible: findPossible(parts, moment, asked) };
};
