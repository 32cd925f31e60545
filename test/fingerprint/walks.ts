// Random walks of an application's systems: messages that are possible at each point, drawn from a seed. A walk is kept as
// its messages, so that it stays the same when this file changes.
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import { type Application, viewOf } from '../../src/application.ts';
import { type ExampleMessage, findField, type Lookup, toExample } from '../../src/example-messages.ts';
import type { Placement } from '../../src/host.ts';
import { toMoveMessages } from '../../src/inspector/server/what-if.ts';
import { createRandom } from '../../src/simulator/random.ts';
import type { RegisteredSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';

export interface Walk {
  readonly seed: number;
  readonly incoming: readonly Incoming[];
}

export const startedAt = Date.UTC(2026, 0, 1);
const mostMessages = 40;
/** Of the messages, some come a second time, or after nobody awaits them. */
const repeatedRate = 0.1;

/** What else a walk may meet, beside what the application declares. */
interface Weather {
  /** Replies beside the declared examples, by the type of their command. */
  readonly replies: Readonly<Record<string, readonly ExampleMessage[]>>;
  /** Share of the replies that are a success, which is declared first. */
  readonly successes: number;
  /** What services report by themselves. */
  readonly facts: readonly { readonly to: string; readonly message: ExampleMessage }[];
}
/** Of the messages, so many are facts. */
const factRate = 0.1;

/** The walk of one seed: the first message, then what is possible. */
export const createWalk = (
  application: Application,
  system: RegisteredSystem,
  { orderId, message: first }: Placement,
  seed: number,
  weather: Weather,
): Walk => {
  const random = createRandom(seed, 'walk');
  const incoming: Incoming[] = [];
  let state = newSystem(system, startedAt, 'correlation');
  let at = startedAt;
  const take = (next: Incoming): void => {
    incoming.push(next);
    state = step(system, state, next)?.state ?? state;
  };
  const toIncoming = (to: string, message: AnyEventObject): Incoming => ({
    kind: 'message',
    ...{ orderId, at, to, message, messageId: `message-${incoming.length + 1}`, causationId: null },
  });
  take(toIncoming(application.mainActor, first));
  const earlier: { readonly to: string; readonly message: AnyEventObject }[] = [];
  while (incoming.length < mostMessages) {
    at += random.between(0, 2000);
    if (earlier.length > 0 && random.happens(repeatedRate)) {
      const { to, message } = random.pick(earlier);
      take(toIncoming(to, message));
      continue;
    }
    if (weather.facts.length > 0 && random.happens(factRate)) {
      const { to, message } = random.pick(weather.facts);
      const { type, ...given } = message;
      const lookup = createLookup(state, state.actors.get(to)?.snapshot.context);
      take(toIncoming(to, toExample(application.messages, type, given, lookup)));
      continue;
    }
    const replies = findReplies(application, state, weather).map(({ callId, message }): Incoming => {
      return { kind: 'reply', orderId, at, callId, message };
    });
    const deadlines = findNextDeadline(state).map(({ key, dueAt }): Incoming => {
      return { kind: 'deadline', orderId, at: Math.max(at, dueAt), key, dueAt };
    });
    const moves = findMoves(application, orderId, state).map(({ to, message }) => toIncoming(to, message));
    const kinds = [replies, replies, replies, deadlines, deadlines, moves].filter(({ length }) => length > 0);
    if (kinds.length === 0) break;
    const kind = random.pick(kinds);
    // Without this, few walks would come far: the first reply of a command is its success.
    const next =
      kind === replies && random.happens(weather.successes)
        ? (kind[0] ?? random.pick(kind))
        : random.pick(kind);
    if (next.kind === 'reply') {
      earlier.push({ to: state.calls.get(next.callId)?.actor ?? '', message: next.message });
    }
    ({ at } = next);
    take(next);
  }
  return { seed, incoming };
};

/** What is known under a name: by `first`, or by an actor. */
const createLookup = ({ actors }: SystemState, first: unknown): Lookup => {
  const sources = [first, ...[...actors.values()].map(({ snapshot }) => snapshot.context)];
  return (name) =>
    sources.map((source) => findField(source, name)).find((found) => found !== undefined && found !== '');
};

const findReplies = ({ messages }: Application, state: SystemState, { replies }: Weather) =>
  [...state.calls].flatMap(([callId, { command }]) => {
    const lookup = createLookup(state, command);
    const declared = messages[command.type]?.call?.replies ?? [];
    return [...declared, ...(replies[command.type] ?? [])].map(
      ({ type, ...given }): { callId: string; message: ExampleMessage } => ({
        callId,
        message: toExample(messages, type, given, lookup),
      }),
    );
  });

const findMoves = (application: Application, orderId: string, state: SystemState) =>
  viewOf(application, orderId, state).moves.flatMap((move) =>
    toMoveMessages(application, move)
      .flatMap((message) => ('lines' in message ? [message, restocked(message)] : [message]))
      .map((message) => ({ to: move.actor ?? application.mainActor, message })),
  );

/** The same refund, whose products go back into stock. */
const restocked = (message: ExampleMessage): ExampleMessage => {
  const lines = z.array(z.looseObject({})).parse(message['lines']);
  return { ...message, lines: lines.map((line) => ({ ...line, restock: true })) };
};

const findNextDeadline = ({ deadlines }: SystemState) =>
  [...deadlines]
    .map(([key, { dueAt }]) => ({ key, dueAt }))
    .sort((one, other) => one.dueAt - other.dueAt)
    .slice(0, 1);
