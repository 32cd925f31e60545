// Everything that can happen to an order next, for any application: replies to its calls, its next deadline, what people
// and others outside may send. Examples are made from what the messages declare. It decides nothing that follows.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { z } from 'zod';
import type { Application, Reply } from '../application.ts';
import { AppError } from '../errors.ts';
import { findField, toExample } from '../example-messages.ts';
import type { Placement } from '../host.ts';
import { activeLeaves } from '../step/notes.ts';
import type { PendingCall, SystemState } from '../step/system-state.ts';

/** One thing that happens to an order. */
export type Happening =
  | {
      readonly type: 'place';
      readonly orderId: string;
      readonly to: string;
      readonly message: AnyEventObject;
    }
  | { readonly type: 'message'; readonly to: string; readonly message: AnyEventObject }
  | { readonly type: 'reply'; readonly callId: string; readonly message: AnyEventObject }
  | { readonly type: 'deadline'; readonly key: string; readonly dueAt: number };

type Fields = Readonly<Record<string, unknown>>;
export type Command = PendingCall['command'];

/** What is tried. Whatever is left out is made from what the application declares. */
export interface Examples {
  /** How orders begin. */
  readonly first: Placement | readonly Placement[];
  /**
   * Payloads by message type, where guards tell them apart. Left out: one for each value of its enums. A message from a
   * service is tried unasked, as a late report is, only if it is named here.
   */
  readonly messages?: Readonly<Record<string, readonly Fields[]>>;
  /** What a service may answer, by the type of its command. Left out: its declared replies, and no answer. */
  readonly answers?: Readonly<Record<string, (command: Command) => readonly Reply[]>>;
}

/** Whether the present state has a transition for messages of `type`. */
export const wants = (snapshot: AnyMachineSnapshot, type: string): boolean => {
  const accepted = listening.get(snapshot) ?? new Set(snapshot._nodes.flatMap(({ ownEvents }) => ownEvents));
  listening.set(snapshot, accepted);
  return accepted.has(type) || accepted.has('*');
};
const listening = new WeakMap<AnyMachineSnapshot, ReadonlySet<string>>();

const isMany = (first: Examples['first']): first is readonly Placement[] => Array.isArray(first);

export const findHappenings = (
  application: Application,
  examples: Examples,
  state: SystemState,
): readonly Happening[] => {
  if (state.version === 0) {
    const { first } = examples;
    return (isMany(first) ? first : [first]).map(({ orderId, message }) => ({
      type: 'place',
      orderId,
      to: application.mainActor,
      message: check(application, message, 'first'),
    }));
  }
  return [
    ...findReplies(application, examples, state),
    ...findMessages(application, examples, state),
    ...findDeadline(state),
  ];
};

const findReplies = (application: Application, examples: Examples, state: SystemState): Happening[] =>
  [...state.calls].flatMap(([callId, { actor, service, command }]) => {
    const given = examples.answers?.[command.type]?.(command);
    const replies = given ?? toDeclaredReplies(application, state, actor, service, command);
    return replies.map((reply): Happening => {
      const message = { ...reply, key: command.key, attempt: command['attempt'] };
      return { type: 'reply', callId, message: check(application, message, 'answers') };
    });
  });

const toDeclaredReplies = (
  { messages, services }: Application,
  state: SystemState,
  actor: string,
  service: string,
  command: Command,
): readonly AnyEventObject[] => {
  const lookup = toLookup(state, command, state.actors.get(actor)?.snapshot.context);
  const declared = messages[command.type]?.call?.replies ?? [];
  const nothing = services[service]?.noAnswer('no-answer');
  return [
    ...declared.map(({ type, ...given }) => toExample(messages, type, given, lookup)),
    ...(nothing ? [nothing] : []),
  ];
};

const findMessages = (application: Application, examples: Examples, state: SystemState): Happening[] => {
  const { messages, charts, services } = application;
  const isInside = (name: string) => Object.hasOwn(charts, name) || Object.hasOwn(services, name);
  const isTried = (type: string, from: readonly string[]) =>
    examples.messages?.[type] !== undefined || !from.every(isInside);
  return [...state.actors].flatMap(([to, { snapshot }]) =>
    Object.entries(messages)
      .filter(([type, declared]) => declared.to.includes(to) && isTried(type, declared.from))
      .filter(([type]) => wants(snapshot, type))
      .flatMap(([type]) => toVariants(application, examples, state, snapshot, type))
      .map(
        (message): Happening => ({ type: 'message', to, message: check(application, message, 'messages') }),
      ),
  );
};

/** One message for each value of the fields that can have few, and of an incident's outcomes; or else one. */
const toVariants = (
  { messages }: Application,
  examples: Examples,
  state: SystemState,
  snapshot: AnyMachineSnapshot,
  type: string,
): readonly AnyEventObject[] => {
  const given = examples.messages?.[type];
  if (given) return given.map((payload) => ({ ...payload, type }));
  const outcomes = activeLeaves(snapshot).flatMap(({ meta }): readonly string[] => meta?.outcomes ?? []);
  const stated = type === 'incident.resolve' ? outcomes.map((outcome) => ({ outcome })) : [];
  const known = [findEnumValues(messages[type]?.payload), stated].find((each) => each.length > 0);
  const lookup = toLookup(state, snapshot.context);
  return (known ?? [{}]).map((variant) => toExample(messages, type, variant, lookup));
};

const fieldsSchema = z.object({
  properties: z.record(z.string(), z.object({ enum: z.array(z.unknown()).optional() })).default({}),
});
const enumValues = new WeakMap<z.ZodType, readonly Fields[]>();

/** `{ verdict: 'as-new' }`, `{ verdict: 'damaged' }`. */
const findEnumValues = (payload: z.ZodType | undefined): readonly Fields[] => {
  if (payload === undefined) return [];
  const known = enumValues.get(payload);
  if (known) return known;
  const { properties } = fieldsSchema.parse(z.toJSONSchema(payload, { unrepresentable: 'any' }));
  const found = Object.entries(properties).flatMap(([name, field]) =>
    (field.enum ?? []).map((value) => ({ [name]: value })),
  );
  enumValues.set(payload, found);
  return found;
};

/** The nearest first: others that come later are due after it. */
const findDeadline = ({ deadlines }: SystemState): Happening[] => {
  const [nearest] = [...deadlines].sort(([, one], [, other]) => one.dueAt - other.dueAt);
  return nearest ? [{ type: 'deadline', key: nearest[0], dueAt: nearest[1].dueAt }] : [];
};

const toLookup = (state: SystemState, ...nearest: readonly unknown[]) => {
  const contexts = [...state.actors.values()].map(({ snapshot }) => snapshot.context);
  return (name: string): unknown =>
    [...nearest, ...contexts]
      .map((source) => findField(source, name))
      .find((found) => found !== undefined && found !== '');
};

/** @throws AppError `invalid-request` for a message that the application does not declare, or with another payload. */
const check = ({ messages }: Application, message: AnyEventObject, option: string): AnyEventObject => {
  const { type, ...payload } = message;
  const declared = Object.hasOwn(messages, type) ? messages[type] : undefined;
  const checked = declared?.payload.safeParse(payload);
  if (checked?.success) return message;
  const issue = checked?.error.issues[0];
  const problem = issue ? `${issue.path.join('.') || 'its payload'}: ${issue.message}` : 'it is not declared';
  throw new AppError(
    'invalid-request',
    `The example of ${type} cannot be sent: ${problem}. Give one that fits in the option '${option}'.`,
  );
};
