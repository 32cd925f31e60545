// Warehouse, gateway and mailer whose answers a test writes as a script, in one word for each; `silent` is no
// answer. They keep no state.
import type { AnyEventObject } from 'xstate';
import { messages, messageTypes, serviceNames } from '../../machines/messages.ts';
import type { Call } from '../../src/step/effect.ts';
import { shortage } from './sample-order.ts';

type Asked = Pick<Call, 'service' | 'command'>;
/** `charged`, `failed`, `silent` …: the last part of the reply's type, or the whole reply. */
export type Answer = string | AnyEventObject;
/** The answers to each command, in turn; the last one is repeated. */
export type Script = Readonly<Record<string, readonly Answer[]>>;

const defaultAnswers: Readonly<Record<string, (command: AnyEventObject) => string>> = {
  'warehouse.check': () => 'checked',
  'warehouse.reserve': () => 'reserved',
  'warehouse.release': () => 'released',
  'warehouse.commit': () => 'committed',
  'warehouse.return': () => 'returned',
  'gateway.charge': ({ capture }) => (capture === 'later' ? 'authorized' : 'charged'),
  'gateway.look-up': () => 'charged',
  'gateway.capture': () => 'captured',
  'gateway.void': () => 'voided',
  'gateway.refund': () => 'refunded',
  'mailer.send': () => 'sent',
};

const details: Readonly<Record<string, (money: object) => object>> = {
  'warehouse.checked': () => ({ problems: [] }),
  'warehouse.insufficient': () => ({ problems: [shortage] }),
  'warehouse.refused': () => ({ reason: 'not-reserved' }),
  'warehouse.failed': () => ({ reason: 'error' }),
  'gateway.charged': (money) => ({ transactionId: 'transaction-1', ...money }),
  'gateway.authorized': (money) => ({ transactionId: 'transaction-1', ...money }),
  'gateway.action-required': () => ({ transactionId: 'transaction-1' }),
  'gateway.declined': () => ({ code: 'card-declined' }),
  'gateway.refunded': () => ({ refundTransactionId: 'refund-1' }),
  'gateway.refused': () => ({ code: 'refused' }),
  'gateway.failed': () => ({ reason: 'error' }),
  'gateway.unknown': () => ({ reason: 'no-answer' }),
  'gateway.key-expired': () => ({ reason: 'key-expired' }),
  'mailer.failed': () => ({ reason: 'error' }),
};

/**
 * The reply to `call` that `answer` stands for.
 * @throws Error for an answer that this service cannot give.
 */
export const toReply = ({ service, command }: Asked, answer: Answer, money: object): AnyEventObject => {
  const { key, attempt } = { attempt: 0, ...command };
  if (typeof answer !== 'string') return { key, attempt, ...answer };
  const word = `${service}.${answer}`;
  const type = word === 'gateway.key-expired' ? 'gateway.unknown' : word;
  const isReply = messageTypes.some(
    (each) => each === type && messages[each].from.some((name) => name === service),
  );
  if (!isReply) throw new Error(`${word} is no reply`);
  return { type, key, attempt, ...details[word]?.(money) };
};

const commands = messageTypes.filter((type) =>
  messages[type].to.some((to) => serviceNames.some((service) => service === to)),
);

/** No command is answered. */
export const silence: Script = Object.fromEntries(commands.map((type) => [type, ['silent']]));

/** Answers commands in turn as `script` says, or else with success. Undefined: no answer. */
export const createScriptedServices = (script: Script) => {
  const unknown = Object.keys(script).filter((type) => !commands.some((known) => known === type));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no such command`);
  const used = new Map<string, number>();
  return (call: Asked): Answer | undefined => {
    const { type } = call.command;
    const turn = used.get(type) ?? 0;
    used.set(type, turn + 1);
    const answer = script[type]?.[turn] ?? script[type]?.at(-1) ?? defaultAnswers[type]?.(call.command);
    return answer === 'silent' ? undefined : answer;
  };
};
