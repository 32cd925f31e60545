// Whether what goes to a service and what it answers is as the application declares its messages. It calls no service.
import type { AnyEventObject } from 'xstate';
import type { Messages } from './application.ts';
import type { Call } from './step/effect.ts';
import { copyPlain, freezeParsed, NotPlainData } from './step/plain-data.ts';

/** A reply with the command's key and attempt, as the journal's JSON will have it; undefined if malformed. */
export const toReply = (
  messages: Messages,
  service: string,
  { key, attempt }: Call['command'],
  answer: unknown,
): AnyEventObject | undefined => {
  const reply = toJson(() => ({ ...(typeof answer === 'object' ? answer : {}), key, attempt }));
  if (!isMessage(messages, reply) || !messages[reply.type]?.from.includes(service)) return undefined;
  return reply;
};

/**
 * A deep copy, frozen, as JSON has it; undefined for what JSON cannot carry (a circle, a bigint) and for what throws when it is
 * read. Most answers are plain data, and need not be written and parsed for that.
 */
const toJson = (read: () => Record<string, unknown>): unknown => {
  try {
    return copyPlain(read(), 'reply');
  } catch (error) {
    return error instanceof NotPlainData ? throughJson(read) : undefined;
  }
};

const throughJson = (read: () => object): unknown => {
  try {
    const parsed: unknown = JSON.parse(JSON.stringify(read()));
    freezeParsed(parsed);
    return parsed;
  } catch {
    return undefined;
  }
};

/** Whether `value` is a command that `messages` declare for the service, with exactly the payload of its type. */
export const isCommandTo = (messages: Messages, service: string, value: unknown): boolean =>
  isMessage(messages, value) && (messages[value.type]?.to.includes(service) ?? false);

/** Whether `value` has a declared type and exactly the payload that this type carries. */
const isMessage = (messages: Messages, value: unknown): value is AnyEventObject => {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  const { type, ...payload } = value;
  if (typeof type !== 'string' || !Object.hasOwn(messages, type)) return false;
  return messages[type]?.payload.safeParse(payload).success === true;
};
