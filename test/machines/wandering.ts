// Lets an order wander: whatever may happen to it happens, in any order that a seed draws. Services act late
// or never, and answer late, twice or not at all; customers cancel; people repair; time passes. Then the
// world heals, and the order must come to rest with its money and its stock right.
import { ok, strictEqual } from 'node:assert/strict';
import type { AnyEventObject } from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { findTruth } from './repairs.ts';
import { silence } from './scripted-services.ts';
import { place, type Story } from './story.ts';
import { createWorld, transactionsOf, type World } from './world.ts';

/** A command on its way to a service, and what it came to there. */
interface Letter {
  readonly command: AnyEventObject;
  /** The actor that hears of it. */
  readonly sender: ActorName;
  reply?: AnyEventObject;
  /** The caller was told something, true or not. */
  isAnswered: boolean;
}

interface Journey {
  readonly story: Story;
  readonly world: World;
  readonly chance: () => number;
  readonly letters: Letter[];
  readonly log: string[];
  /** How often time waits, how often answers are true, how often the customer cancels: 0 to 1. */
  readonly patience: number;
  readonly luck: number;
  readonly whim: number;
}

const longest = 3000;

/**
 * One whole life of an order, the same for the same seed.
 * @throws Error with the whole journey, where anything is not as it must be.
 */
export const wander = (seed: number, turns = 80): Story => {
  const journey = setOut(seed);
  const { story, log } = journey;
  try {
    for (let turn = 0; turn < turns; turn += 1) pick(journey, moves)?.(journey);
    log.push('--- the world heals');
    goHome(journey);
    tellTheRest(journey);
    goHome(journey);
    compareBooks(journey);
    return story;
  } catch (error) {
    const where = actorNames.map((name) => `${name}: ${story.at(name)}`);
    const lines = [...log, where.join('; '), story.incidents.join('; ')];
    throw new Error(`seed ${seed}: ${error}\n  ${lines.join('\n  ')}`, { cause: error });
  }
};

const setOut = (seed: number): Journey => {
  const chance = createRandom(seed, 'journey').fraction;
  const world = createWorld(chance);
  const attempts = 1 + Math.floor(chance() * 3);
  const retrying = { attempts, firstDelayMs: 1000, longestDelayMs: 4000, answerWithinMs: 10_000 };
  const hurried = (ms: number) => (chance() < 0.3 ? 15_000 : ms);
  const story = place(silence, {
    policy: {
      capture: chance() < 0.4 ? 'later' : 'at-once',
      inventory: retrying,
      payment: retrying,
      notification: retrying,
      payWithinMs: hurried(300_000),
      sellWithinMs: hurried(120_000),
      compensateWithinMs: hurried(310_000),
      refundWithinMs: hurried(320_000),
      reservationTtlMs: hurried(900_000),
    },
  });
  const mood = { patience: chance(), luck: 0.3 + 0.65 * chance(), whim: chance() ** 3 };
  const journey = { story, world, chance, letters: [], log: [], ...mood };
  collect(journey);
  return journey;
};

const pick = <T>({ chance }: Journey, list: readonly T[]): T | undefined =>
  list[Math.floor(chance() * list.length)];

/** Takes up the commands that were sent meanwhile. */
const collect = ({ story, letters }: Journey) => {
  const senders = new Map<string, ActorName>([
    ['warehouse', 'inventory'],
    ['gateway', 'payment'],
    ['mailer', 'notification'],
  ]);
  const seen = letters.filter(({ command }) => command.type !== 'bank').length;
  const sent = story.told.flatMap(({ to, message }) => {
    const sender = senders.get(to);
    return sender === undefined ? [] : [{ command: message, sender, isAnswered: false }];
  });
  letters.push(...sent.slice(seen));
};

const waiting = ({ letters }: Journey) => letters.filter(({ isAnswered }) => !isAnswered);

const arrive = ({ world, log }: Journey, letter: Letter): AnyEventObject => {
  letter.reply ??= world.act(letter.command);
  log.push(`arrives ${letter.command.type}#${letter.command['attempt']} → ${letter.reply.type}`);
  return letter.reply;
};

const answer = (journey: Journey, letter: Letter, reply: AnyEventObject) => {
  const { type } = letter.command;
  const which = waiting(journey)
    .filter(({ command }) => command.type === type)
    .indexOf(letter);
  letter.isAnswered = true;
  const how = journey.story.answer(type, reply, which);
  journey.log.push(`answers ${type}#${letter.command['attempt']} ${reply.type}: ${how}`);
  collect(journey);
};

/** The command gets lost, and can take no effect any more. */
const lose = (letter: Letter) => {
  letter.reply ??= { type: 'lost' };
};
const wasLost = ({ reply }: Letter) => reply?.type === 'lost';

const send = (journey: Journey, what: string, sending: () => string) => {
  journey.log.push(`${what}: ${sending()}`);
  collect(journey);
};

const moves: readonly ((journey: Journey) => void)[] = [
  (journey) => {
    const letter = pick(
      journey,
      journey.letters.filter(({ reply }) => reply === undefined),
    );
    if (letter) arrive(journey, letter);
  },
  (journey) => {
    const letter = pick(journey, waiting(journey));
    if (letter) answerSomehow(journey, letter);
  },
  (journey) => {
    const told = journey.letters.filter((each) => each.reply !== undefined && !wasLost(each));
    const letter = pick(journey, told);
    if (letter?.reply) tellAgain(journey, letter, letter.reply);
  },
  (journey) => {
    if (journey.chance() > journey.patience) passTime(journey);
  },
  (journey) => {
    if (journey.chance() < 0.2) actUnasked(journey);
  },
  (journey) => {
    if (journey.chance() < journey.whim) send(journey, 'cancel', () => journey.story.cancel());
  },
  (journey) => {
    if (journey.chance() < 0.6) send(journey, 'capture', () => journey.story.capture());
  },
  (journey) => {
    const amount = journey.chance() < 0.5 ? undefined : Math.ceil(journey.chance() * 20_000);
    send(journey, `refund ${amount ?? 'all'}`, () => journey.story.refund(amount));
  },
  (journey) => {
    repair(journey);
  },
];

const answerSomehow = (journey: Journey, letter: Letter) => {
  const { chance, luck, world } = journey;
  const { type, key } = { key: '', ...letter.command };
  if (chance() < luck && !wasLost(letter)) return answer(journey, letter, arrive(journey, letter));
  const [service] = type.split('.');
  // A warehouse or a mailer that fails may have done it all the same; a bank that says so has not.
  if (service !== 'gateway')
    return answer(journey, letter, { type: `${service}.failed`, reason: 'no-answer' });
  const isUndone = !letter.reply && !world.books.bank.knows(key);
  if (isUndone && chance() < 0.5) {
    lose(letter);
    return answer(journey, letter, { type: 'gateway.failed', reason: 'error' });
  }
  const isExpired = !letter.reply && type !== 'gateway.look-up' && chance() < 0.2;
  if (isExpired) lose(letter);
  return answer(journey, letter, {
    type: 'gateway.unknown',
    reason: isExpired ? 'key-expired' : 'no-answer',
  });
};

/** A webhook: what happened, once more or for the first time. */
const tellAgain = (journey: Journey, { sender }: Letter, reply: AnyEventObject) =>
  send(journey, `again ${reply.type}`, () => journey.story.send(sender, reply));

const passTime = ({ story, log, ...journey }: Journey) => {
  const [due] = story.view.deadlines;
  if (due === undefined) return;
  log.push(`deadline ${due.name}`);
  story.passDeadline(due.name);
  collect({ story, log, ...journey });
};

/** The warehouse ends a reservation by itself; the bank takes, or lets go, what it holds. */
const actUnasked = ({ story, world: { books }, chance, letters, log }: Journey) => {
  const [made] = transactionsOf(books);
  if (made?.state === 'authorized') {
    const { id: transactionId, key, amount, currency } = made;
    const money = { transactionId, amount, currency };
    const act = chance() < 0.5 ? ('gateway.capture' as const) : ('gateway.void' as const);
    books.bank.act({ type: act, key: 'by itself', attempt: 1, ...money }, story.view.id);
    log.push(`the bank by itself: ${act}`);
    const reply = { type: 'gateway.charged', key, attempt: 1, ...money };
    if (act === 'gateway.capture') {
      letters.push({ command: { type: 'bank' }, sender: 'payment', reply, isAnswered: true });
    }
  } else if (books.stock === 'held' && chance() < 0.3) {
    books.stock = 'released';
    log.push('the warehouse by itself: released');
  }
};

const repair = (journey: Journey) => {
  const { story, world, chance } = journey;
  const incident = pick(journey, story.view.incidents);
  if (incident === undefined) return;
  const { actor, reason } = incident;
  const key = String(story.commands('gateway.refund').at(-1)?.['key']);
  const truth = chance() < 0.6 ? findTruth(reason, world.books, key) : undefined;
  if (truth === undefined) return send(journey, `retry ${actor} ${reason}`, () => story.retry(actor));
  const { outcome, more } = truth;
  send(journey, `resolve ${actor} ${reason} ${outcome}`, () => story.resolve(actor, outcome, more));
};

/** Every command arrives and is answered, people repair, time passes, until the order is at rest. */
const goHome = (journey: Journey) => {
  for (let turn = 0; !journey.story.settled; turn += 1) {
    ok(turn < longest, 'the order never comes to rest');
    const [letter] = waiting(journey);
    if (letter === undefined) {
      repair(journey);
      passTime(journey);
    } else if (wasLost(letter)) {
      letter.isAnswered = true;
    } else {
      answer(journey, letter, arrive(journey, letter));
    }
  }
};

/** Whatever was still on its way arrives at last, and the order hears of everything once more. */
const tellTheRest = (journey: Journey) => {
  for (const letter of journey.letters) arrive(journey, letter);
  for (const letter of [...journey.letters]) {
    if (letter.reply && !wasLost(letter)) tellAgain(journey, letter, letter.reply);
  }
};

const compareBooks = ({ story, world: { books } }: Journey) => {
  const { state, amount, paidAmount, refundedAmount } = story.view;
  const made = transactionsOf(books);
  const taken = made.filter((each) => each.state === 'captured');
  const sum = (amounts: readonly number[]) => amounts.reduce((total, each) => total + each, 0);
  const paid = sum(taken.map((each) => each.amount));
  const back = sum(taken.map((each) => each.refunded));
  strictEqual(paidAmount, paid, 'the order knows what was taken');
  strictEqual(refundedAmount, back, 'the order knows what was given back');
  ok(!made.some((each) => each.state === 'authorized'), 'no money is left on hold');
  ok(books.stock !== 'held', 'no stock is left on hold');
  ok(books.mailKeys.size <= 1, 'there is at most one notice');
  if (state === 'completed') {
    strictEqual(paid, amount, 'what is completed is paid');
    strictEqual(books.stock, 'sold', 'what is completed is sold');
  } else {
    strictEqual(paid - back, 0, 'what is not completed costs nothing');
    ok(books.stock !== 'sold', 'what is not completed is not sold');
  }
};
