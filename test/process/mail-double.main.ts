// A mail server in a process of its own: each message becomes a file, once for its key, and a line of a ledger
// that is synced before it answers. Only by the key does it know a message again, as a real one would.
import { z } from 'zod';
import { systemClock, toIsoTime } from '../../src/clock.ts';
import type { CommandTo } from '../../src/service.ts';
import { createFileMailer } from '../../src/services/mailer-files.ts';
import { serveDouble } from './double-server.ts';
import { openSyncedLines } from './synced-lines.ts';
import { readTrouble, toRefusal, toReply } from './trouble.ts';

const { LEDGER = 'mail.jsonl', MAIL_FOLDER = 'mail', TROUBLE } = process.env;
const trouble = readTrouble(TROUBLE);
const mailer = await createFileMailer({
  directory: MAIL_FOLDER,
  from: 'Orderchart <orders@orderchart.example>',
  delayMs: 0,
  clock: systemClock,
});
const ledger = await openSyncedLines(LEDGER);
const taken = new Set<string>();

const isCommand = (value: unknown): value is CommandTo<'mailer'> =>
  z.object({ type: z.literal('mailer.send'), key: z.string() }).safeParse(value).success;
const message = z.object({ orderId: z.string(), command: z.custom<CommandTo<'mailer'>>(isCommand) });
const neverAborted = new AbortController().signal;
const failed = { type: 'mailer.failed', reason: 'technical-failure' };

serveDouble(
  {
    'POST /messages': async (body) => {
      const { orderId, command } = message.parse(body);
      const refusal = toRefusal(trouble, failed, command);
      if (refusal !== undefined) return refusal;
      const { key, notice } = command;
      const isNew = !taken.has(key);
      taken.add(key);
      const call = { orderId, correlationId: orderId, command, at: systemClock.now(), signal: neverAborted };
      const reply = await mailer.answer(call);
      const at = toIsoTime(systemClock.now());
      await ledger.append({ at, key, orderId, notice, effective: isNew && reply.type === 'mailer.sent' });
      return toReply(trouble, reply, command);
    },
  },
  () => ledger.close(),
);
