// What a host is asked to do with one order: place it, deliver a message, take a reply, fire its due deadlines. Each
// kind knows how its messages are stepped and what to answer after the commit; none of them writes anything.
import type { Span } from '@opentelemetry/api';
import type { AnyEventObject } from 'xstate';
import { AppError } from '../errors.ts';
import type {
  Answer,
  Idempotency,
  MigrationOutcome,
  OrderMigration,
  Outcome,
  Placement,
  Receipt,
  Sending,
} from '../host.ts';
import type { SystemState } from '../step/system-state.ts';
import type { SystemView } from '../step/view.ts';
import type { Call } from '../store.ts';
import { fireDeadlines } from './due-deadlines.ts';
import type { OrderTransaction } from './order-transaction.ts';

interface TaskOf<Kind extends string, T> {
  readonly kind: Kind;
  readonly orderId: string;
  readonly done: PromiseWithResolvers<T>;
  /** What is traced of it. */
  readonly span?: Span;
}

interface PlaceTask<View extends SystemView> extends TaskOf<'place', Outcome<Receipt<View>>> {
  readonly placement: Placement;
  readonly messageId: string;
  readonly idempotency: Idempotency<View> | undefined;
}

interface SendTask<View extends SystemView> extends TaskOf<'send', Outcome<Receipt<View>>> {
  readonly sending: Sending<View>;
  readonly messageId: string;
}

interface ReplyTask extends TaskOf<'reply', void> {
  readonly call: Call;
  readonly message: AnyEventObject;
}

/** A call that was decided for an outside service which lives in the store now. */
interface AnswerInsideTask extends TaskOf<'answer-inside', void> {
  readonly call: Call;
}

interface DeadlineTask extends TaskOf<'deadline', void> {}

export interface MigrateTask extends TaskOf<'migrate', MigrationOutcome> {
  readonly migration: OrderMigration;
  readonly messageId: string;
  /** For the way back: the order's system before its last migration, and the version that the order has since. */
  readonly return: { readonly system: SystemState; readonly fromVersion: number } | undefined;
}

export type Task<View extends SystemView> =
  | PlaceTask<View>
  | SendTask<View>
  | ReplyTask
  | AnswerInsideTask
  | DeadlineTask
  | MigrateTask;

/** The idempotency key that a task is asked under. */
export const idempotencyOf = <View extends SystemView>(task: Task<View>): Idempotency<View> | undefined => {
  if (task.kind === 'place') return task.idempotency;
  return task.kind === 'send' ? task.sending.idempotency : undefined;
};

/** The message that a task brings; undefined for what only the order itself knows. */
export const messageOf = <View extends SystemView>(task: Task<View>): AnyEventObject | undefined => {
  switch (task.kind) {
    case 'place':
      return task.placement.message;
    case 'send':
      return task.sending.message;
    case 'reply':
      return task.message;
    case 'answer-inside':
      return task.call.command;
    case 'deadline':
    case 'migrate':
      return undefined;
  }
};

/** What to call after the commit, when everything that was decided is stored. */
export type Respond = () => void;

/**
 * Steps a task's messages in its order's transaction.
 * @throws AppError to refuse the task: nothing of it is kept.
 */
export const decideTask = <View extends SystemView>(
  transaction: OrderTransaction<View>,
  task: Task<View>,
): Respond => {
  switch (task.kind) {
    case 'place':
      return place(transaction, task);
    case 'send':
      return send(transaction, task);
    case 'reply':
      transaction.deliver({ kind: 'reply', callId: task.call.callId, message: task.message });
      return task.done.resolve;
    case 'answer-inside':
      transaction.answerInside(task.call);
      return task.done.resolve;
    case 'deadline':
      fireDeadlines(transaction);
      return task.done.resolve;
    case 'migrate': {
      const outcome = move(transaction, task);
      return () => task.done.resolve(outcome);
    }
  }
};

const place = <View extends SystemView>(
  transaction: OrderTransaction<View>,
  { placement: { message, principal, alongside }, messageId, idempotency, done }: PlaceTask<View>,
): Respond => {
  transaction.askedBy(principal);
  if (transaction.state.version > 0) {
    throw new AppError('invalid-request', `An order with the id ${transaction.orderId} exists.`);
  }
  if (alongside !== undefined) transaction.changeRows(alongside);
  const to = transaction.mainActor;
  const result = transaction.deliver({ kind: 'message', messageId, to, message, causationId: null });
  if (result?.received.disposition !== 'applied') {
    throw new Error(`${message.type} was not applied: ${result?.received.reason}`);
  }
  const { disposition, reason } = result.received;
  const readView = transaction.viewLater();
  const answer = keep(transaction, idempotency, readView);
  const receipt = toReceipt({ disposition, reason, answer }, readView);
  return () => done.resolve({ outcome: 'done', result: receipt });
};

/** Its view is built when somebody reads it: most callers never do. */
const toReceipt = <View extends SystemView>(
  about: Omit<Receipt<View>, 'view'>,
  readView: () => View,
): Receipt<View> => ({
  ...about,
  get view() {
    return readView();
  },
});

const send = <View extends SystemView>(
  transaction: OrderTransaction<View>,
  { sending, messageId, done }: SendTask<View>,
): Respond => {
  const { to, message, ifVersion, otherwise, idempotency, principal, alongside } = sending;
  transaction.askedBy(principal);
  const { version } = transaction.state;
  if (ifVersion !== undefined && ifVersion !== version) {
    const text = `The order has version ${version}, not ${ifVersion}.`;
    throw new AppError('version-mismatch', text, { version });
  }
  const resolve = (receipt: Receipt<View>) => () => done.resolve({ outcome: 'done', result: receipt });
  if (transaction.hasReceived(messageId)) {
    const reason = 'it was received before';
    return resolve(
      toReceipt({ disposition: 'duplicate', reason, answer: undefined }, transaction.viewLater()),
    );
  }
  const result = transaction.attempt({ kind: 'message', messageId, to, message, causationId: null });
  if (result === undefined) throw new Error('a message from outside always has a disposition');
  const { disposition, reason } = result.received;
  if (otherwise === 'refuse' && disposition === 'ignored') {
    const text = `${message.type} is not accepted now: ${reason}.`;
    throw new AppError('move-not-allowed', text, { moves: transaction.view().moves });
  }
  if (alongside !== undefined && disposition === 'applied') transaction.changeRows(alongside);
  transaction.accept(result);
  const readView = transaction.viewLater();
  // A quarantined message is no answer to keep: the key stays free for the next try.
  const answer = disposition === 'dead' ? undefined : keep(transaction, idempotency, readView);
  return resolve(toReceipt({ disposition, reason, answer }, readView));
};

const move = <View extends SystemView>(
  transaction: OrderTransaction<View>,
  { migration: { to, why, who, principal }, messageId, return: returning }: MigrateTask,
): MigrationOutcome => {
  transaction.askedBy(principal);
  const { charts: from, version } = transaction.state;
  if (from === to) return { kind: 'already-there' };
  if (returning !== undefined && returning.fromVersion !== version) {
    return { kind: 'stuck', text: 'it has received other messages since it was migrated' };
  }
  const request = { messageId, to, why, who };
  const moved = returning ? transaction.moveBack(returning.system, request) : transaction.migrate(request);
  if (moved.kind !== 'maps') return moved;
  transaction.accept(moved.result);
  return { kind: 'moved', from, changes: moved.changes };
};

/** Stores the answer for an idempotency key, as it will be sent. */
const keep = <View extends SystemView>(
  { orderId, at, keepAnswer }: OrderTransaction<View>,
  idempotency: Idempotency<View> | undefined,
  readView: () => View,
): Answer | undefined => {
  if (idempotency === undefined) return undefined;
  const { scope, key, fingerprint } = idempotency;
  const view = readView();
  const answer = idempotency.respond(view);
  keepAnswer({ scope, key, fingerprint, orderId, at, version: view.version, ...answer });
  return answer;
};
