// What every call of an order came to: its recorded messages taken through the same charts once more, which decides the
// same calls. It remembers nothing, and shows of replies only their fixed words.
import { AppError } from '../errors.ts';
import type { CallRecord, CallReply, Host } from '../host.ts';
import { limits } from '../limits.ts';
import type { Received } from '../step/effect.ts';
import { firstVersion, replayMessage } from '../step/replay.ts';
import { newSystem } from '../step/snapshot.ts';
import { toReplyId } from '../step/step.ts';
import type { SystemView } from '../step/view.ts';
import { createTurns, inTurn } from '../turns.ts';
import { readHistory } from './read-history.ts';
import type { TrailParts } from './trail.ts';

/** Messages that are replayed before other work goes on. */
const portion = 20;

/** A word of a fixed list, as replies carry it; nothing that may be a text. */
const toWord = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(value) ? value : undefined;

const toReply = ({ type, at, data, disposition }: Received): CallReply => ({
  ...{ type, at, disposition },
  reason: toWord(data['reason']),
  code: toWord(data['code']),
});

export const createCallHistory = <View extends SystemView>({
  engine: { system },
  store,
  clock,
}: TrailParts<View>): Host['calls'] => {
  const replay = async (orderId: string, charts: string, messages: readonly Received[]) => {
    const [first] = messages;
    const calls = new Map<string, CallRecord>();
    if (first === undefined) return [];
    let state = newSystem(system, first.at, first.correlationId, charts);
    for (const received of messages) {
      if (received.version % portion === 0) await new Promise<void>((done) => clock.soon(done));
      const replayed = replayMessage(system, orderId, state, received);
      // What cannot be replayed ends the list: it never says what it does not know.
      if (typeof replayed === 'string') break;
      ({ state } = replayed.result);
      for (const callId of replayed.result.finishedCalls) {
        const call = calls.get(callId);
        const isReply = received.messageId === toReplyId(callId);
        const ended = isReply ? { reply: toReply(received) } : { droppedAt: received.at };
        if (call) calls.set(callId, { ...call, ...ended });
      }
      for (const { callId, service, actor, command, at } of replayed.result.calls) {
        const attempt = typeof command['attempt'] === 'number' ? command['attempt'] : undefined;
        const what = { callId, service, actor, command: command.type, key: command.key, attempt };
        const number = calls.get(callId)?.number ?? calls.size + 1;
        calls.set(callId, { number, ...what, decidedAt: at, reply: undefined, droppedAt: undefined });
      }
    }
    return [...calls.values()];
  };
  const read: Host['calls'] = async (orderId, after, limit) => {
    const stored = (await store.load([orderId])).get(orderId);
    if (stored === undefined) throw new AppError('order-not-found', `There is no order ${orderId}.`);
    const messages = await readHistory(store, orderId, stored.version);
    const charts = firstVersion(messages) ?? stored.summary.chartVersion;
    if (!system.versions.has(charts)) return [];
    return (await replay(orderId, charts, messages)).slice(after, after + limit);
  };
  const takeTurn = createTurns();
  let waiting = 0;
  // One after the other: however many ask, a replay has no more than its share of the time.
  return async (...asked) => {
    if (waiting >= limits.waitingTrails) {
      throw new AppError('overloaded', `${waiting} lists of calls are being read; try again in a moment.`);
    }
    waiting += 1;
    try {
      return await inTurn(takeTurn, () => read(...asked));
    } finally {
      waiting -= 1;
    }
  };
};
