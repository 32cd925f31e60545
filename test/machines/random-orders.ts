// Runs an order through random events, drawn from a seed: services act late or never, and answer late, twice
// or not at all; customers cancel, operators act, time passes. Then all services work, and the order must
// settle with its money and its stock right.
import { ok } from 'node:assert/strict';
import type { AnyEventObject } from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { checkBooks } from './check-books.ts';
import { findResolution } from './operator.ts';
import { createOutsideWorld, type OutsideWorld } from './outside-world.ts';
import { sampleOrder } from './sample-order.ts';
import { silence } from './scripted-services.ts';
import { discountTo, placeOrder, type TestOrder } from './test-order.ts';

/** A command to a service, and its outcome there. */
interface OutboxEntry {
  readonly command: AnyEventObject;
  /** The actor that is answered. */
  readonly sender: ActorName;
  reply?: AnyEventObject;
  /** The actor got an answer, true or not. */
  isAnswered: boolean;
}

interface RandomRun {
  /** What the shop captures, if not all; and whether the bank captured by itself: that is never a part. */
  captures: { readonly part?: number; readonly isDone?: boolean };
  readonly order: TestOrder;
  readonly outside: OutsideWorld;
  readonly random: () => number;
  readonly outbox: OutboxEntry[];
  readonly log: string[];
  /** How often no deadline fires, an answer is true, the customer cancels or disputes: 0 to 1. */
  readonly idleRate: number;
  readonly truthRate: number;
  readonly cancelRate: number;
  readonly disputeRate: number;
}

const maxTurns = 3000;

/**
 * Runs one order to its end, the same for the same seed.
 * @throws Error with everything that happened, if anything is wrong.
 */
export const runRandomOrder = (seed: number, turns = 80): TestOrder => {
  const run = startRun(seed);
  const { order, outside, log } = run;
  try {
    for (let turn = 0; turn < turns; turn += 1) pick(run, moves)?.(run);
    log.push('--- from here on all services work');
    runToEnd(run);
    deliverTheRest(run);
    runToEnd(run);
    checkBooks(order, outside, run.captures.part);
    return order;
  } catch (error) {
    const where = actorNames.map((name) => `${name}: ${order.stateOf(name)}`);
    const lines = [...log, where.join('; '), order.incidents.join('; ')];
    throw new Error(`seed ${seed}: ${error}\n  ${lines.join('\n  ')}`, { cause: error });
  }
};

const startRun = (seed: number): RandomRun => {
  const random = createRandom(seed, 'random order').fraction;
  const outside = createOutsideWorld(random);
  const attempts = 1 + Math.floor(random() * 3);
  const retrying = { attempts, firstDelayMs: 1000, longestDelayMs: 4000, answerWithinMs: 10_000 };
  const orShort = (ms: number) => (random() < 0.3 ? 15_000 : ms);
  const order = placeOrder(silence, {
    order: random() < 0.1 ? discountTo(0) : {},
    policy: {
      ...(random() < 0.5 && { actionWithinMs: 15_000 }),
      capture: random() < 0.4 ? 'later' : 'at-once',
      inventory: retrying,
      payment: retrying,
      notification: retrying,
      payWithinMs: orShort(300_000),
      commitWithinMs: orShort(120_000),
      compensateWithinMs: orShort(310_000),
      refundWithinMs: orShort(320_000),
      reservationTtlMs: orShort(900_000),
    },
  });
  const rates = {
    idleRate: random(),
    truthRate: 0.3 + 0.65 * random(),
    cancelRate: random() ** 3,
    disputeRate: random(),
  };
  const run = { order, outside, random, outbox: [], log: [], captures: {}, ...rates };
  collectCommands(run);
  return run;
};

const pick = <T>({ random }: RandomRun, list: readonly T[]): T | undefined =>
  list[Math.floor(random() * list.length)];

/** Adds the commands that were sent since to the outbox. */
const collectCommands = ({ order, outbox }: RandomRun) => {
  const senders = new Map<string, ActorName>([
    ['warehouse', 'inventory'],
    ['gateway', 'payment'],
    ['mailer', 'notification'],
  ]);
  const seen = outbox.filter(({ command }) => command.type !== 'bank').length;
  const sent = order.sent.flatMap(({ to, message }) => {
    const sender = senders.get(to);
    return sender === undefined ? [] : [{ command: message, sender, isAnswered: false }];
  });
  outbox.push(...sent.slice(seen));
};

const findUnanswered = ({ outbox }: RandomRun) => outbox.filter(({ isAnswered }) => !isAnswered);

const deliver = ({ outside, log }: RandomRun, entry: OutboxEntry): AnyEventObject => {
  entry.reply ??= outside.act(entry.command);
  log.push(`arrives ${entry.command.type}#${entry.command['attempt']} → ${entry.reply.type}`);
  return entry.reply;
};

const answer = (run: RandomRun, entry: OutboxEntry, reply: AnyEventObject) => {
  const { type } = entry.command;
  const which = findUnanswered(run)
    .filter(({ command }) => command.type === type)
    .indexOf(entry);
  entry.isAnswered = true;
  const how = run.order.answer(type, reply, which);
  run.log.push(`answers ${type}#${entry.command['attempt']} ${reply.type}: ${how}`);
  collectCommands(run);
};

/** The command is lost, and can no longer take effect. */
const lose = (entry: OutboxEntry) => {
  entry.reply ??= { type: 'lost' };
};
const wasLost = ({ reply }: OutboxEntry) => reply?.type === 'lost';

const send = (run: RandomRun, what: string, sending: () => string) => {
  run.log.push(`${what}: ${sending()}`);
  collectCommands(run);
};

const moves: readonly ((run: RandomRun) => void)[] = [
  (run) => {
    const entry = pick(
      run,
      run.outbox.filter(({ reply }) => reply === undefined),
    );
    if (entry) deliver(run, entry);
  },
  (run) => {
    const entry = pick(run, findUnanswered(run));
    if (entry) answerRandomly(run, entry);
  },
  (run) => {
    const sent = run.outbox.filter((each) => each.reply !== undefined && !wasLost(each));
    const entry = pick(run, sent);
    if (entry?.reply) deliverAgain(run, entry, entry.reply);
  },
  (run) => {
    if (run.random() > run.idleRate) fireNextDeadline(run);
  },
  (run) => {
    if (run.random() < 0.2) actUnsolicited(run);
  },
  (run) => {
    if (run.random() < run.cancelRate) send(run, 'cancel', () => run.order.cancel());
  },
  (run) => {
    if (run.random() < 0.6) capture(run);
  },
  (run) => {
    const amount = run.random() < 0.5 ? undefined : Math.ceil(run.random() * 20_000);
    send(run, `refund ${amount ?? 'all'}`, () => run.order.refund(amount));
  },
  (run) => refundLine(run),
  (run) => {
    if (run.random() < 0.5) reportLater(run, run.outside.confirm());
  },
  (run) => {
    if (run.random() < run.disputeRate) reportLater(run, run.outside.dispute());
  },
  (run) => handleIncident(run),
];

const capture = (run: RandomRun) => {
  const { captures, random, order } = run;
  const part = captures.isDone || random() < 0.6 ? undefined : Math.ceil(random() * 20_000);
  send(run, `capture ${part ?? 'all'}`, () => {
    const how = order.capture(part);
    if (how === 'applied' && part !== undefined) run.captures = { part };
    return how;
  });
};

const refundLine = (run: RandomRun) => {
  const item = pick(run, sampleOrder.items);
  if (item === undefined) return;
  const { productId, quantity } = item;
  const line = { productId, quantity: Math.ceil(run.random() * quantity), restock: run.random() < 0.7 };
  const refundId = `line-${run.log.length}`;
  send(run, `refund ${line.quantity} ${productId}`, () => run.order.refundLines([line], refundId));
};

/** The bank reports something by itself: it arrives at some time, or several times. */
const reportLater = ({ outbox, log }: RandomRun, reply: AnyEventObject | undefined) => {
  if (reply === undefined) return;
  log.push(`at the bank: ${reply.type}`);
  outbox.push({ command: { type: 'bank' }, sender: 'payment', reply, isAnswered: true });
};

const answerRandomly = (run: RandomRun, entry: OutboxEntry) => {
  const { random, truthRate, outside } = run;
  const { type, key } = { key: '', ...entry.command };
  if (random() < truthRate && !wasLost(entry)) return answer(run, entry, deliver(run, entry));
  const [service] = type.split('.');
  // If the warehouse or the mailer fails, the command may have taken effect; if the bank fails, it has not.
  if (service !== 'gateway') return answer(run, entry, { type: `${service}.failed`, reason: 'no-answer' });
  const isUndone = !entry.reply && !outside.books.bank.knows(key);
  if (isUndone && random() < 0.5) {
    lose(entry);
    return answer(run, entry, { type: 'gateway.failed', reason: 'error' });
  }
  const isExpired = !entry.reply && type !== 'gateway.look-up' && random() < 0.2;
  if (isExpired) lose(entry);
  return answer(run, entry, {
    type: 'gateway.unknown',
    reason: isExpired ? 'key-expired' : 'no-answer',
  });
};

/** A webhook: an outcome, again or for the first time. */
const deliverAgain = (run: RandomRun, { sender }: OutboxEntry, reply: AnyEventObject) =>
  send(run, `again ${reply.type}`, () => run.order.send(sender, reply));

const fireNextDeadline = ({ order, log, ...run }: RandomRun) => {
  const [due] = order.view.deadlines;
  if (due === undefined) return;
  log.push(`deadline ${due.name}`);
  order.fireDeadline(due.name);
  collectCommands({ order, log, ...run });
};

/** The warehouse releases a reservation by itself; the bank captures or voids an authorisation. */
const actUnsolicited = (run: RandomRun) => {
  const { random, log, captures } = run;
  const { books, endHold } = run.outside;
  const [made] = books.transactions;
  if (made?.state === 'authorized' && captures.part === undefined) {
    const act = random() < 0.5 ? 'gateway.capture' : 'gateway.void';
    endHold(act);
    log.push(`the bank by itself: ${act}`);
    const { id, key, amount, currency } = made;
    const reply = { type: 'gateway.charged', key, attempt: 1, transactionId: id, amount, currency };
    if (act === 'gateway.void') return;
    run.captures = { isDone: true };
    reportLater(run, reply);
  } else if (books.stock === 'held' && random() < 0.3) {
    books.stock = 'released';
    log.push('the warehouse by itself: released');
  }
};

const handleIncident = (run: RandomRun) => {
  const { order, outside, random } = run;
  const incident = pick(run, order.view.incidents);
  const actor = actorNames.find((name) => name === incident?.actor);
  if (incident === undefined || actor === undefined) return;
  const { reason } = incident;
  const command = actor === 'inventory' ? 'warehouse.return' : 'gateway.refund';
  const key = String(order.commands(command).at(-1)?.['key']);
  const resolution = random() < 0.6 ? findResolution(reason, outside.books, key) : undefined;
  if (resolution === undefined) return send(run, `retry ${actor} ${reason}`, () => order.retry(actor));
  const { outcome, more } = resolution;
  send(run, `resolve ${actor} ${reason} ${outcome}`, () => order.resolve(actor, outcome, more));
};

/** Every command arrives and is answered, operators act, time passes, until the order is settled. */
const runToEnd = (run: RandomRun) => {
  for (let turn = 0; !run.order.settled; turn += 1) {
    ok(turn < maxTurns, 'the order never settles');
    const [entry] = findUnanswered(run);
    if (entry === undefined) {
      handleIncident(run);
      fireNextDeadline(run);
    } else if (wasLost(entry)) {
      entry.isAnswered = true;
    } else {
      answer(run, entry, deliver(run, entry));
    }
  }
};

/** Every remaining command arrives, and the order gets every answer again. */
const deliverTheRest = (run: RandomRun) => {
  for (const entry of run.outbox) deliver(run, entry);
  for (const entry of [...run.outbox]) {
    if (entry.reply && !wasLost(entry)) deliverAgain(run, entry, entry.reply);
  }
};
