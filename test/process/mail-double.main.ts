// A mail server in a process of its own: each message becomes a file, once for its key, and a line in a ledger that
// is on the disk before it answers. It recognises a repeated message by its key alone, as a real server would.
import { z } from 'zod';
import { systemClock, toIsoTime } from '../../src/clock.ts';
import { createFileMailer } from '../../src/services/mailer-files.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { serveDouble } from './double-server.ts';
import { openDurableLines } from './durable-lines.ts';
import { drawRefusal, drawResponse, readFaultRates } from './fault-rates.ts';

const { LEDGER = 'mail.jsonl', MAIL_FOLDER = 'mail', FAULT_RATES } = process.env;
const rates = readFaultRates(FAULT_RATES);
const mailer = await createFileMailer({
  directory: MAIL_FOLDER,
  from: 'Orderchart <orders@orderchart.example>',
  delayMs: 0,
  clock: systemClock,
});
const ledger = await openDurableLines(LEDGER);
const knownKeys = new Set<string>();

const isCommand = (value: unknown): value is CommandTo<'mailer'> =>
  z.object({ type: z.literal('mailer.send'), key: z.string() }).safeParse(value).success;
const message = z.object({ orderId: z.string(), command: z.custom<CommandTo<'mailer'>>(isCommand) });
const neverAborted = new AbortController().signal;
const failure = { type: 'mailer.failed', reason: 'technical-failure' };

serveDouble(
  {
    'POST /messages': async (body) => {
      const { orderId, command } = message.parse(body);
      const refusal = drawRefusal(rates, failure, command);
      if (refusal !== undefined) return refusal;
      const { key, notice } = command;
      const isNew = !knownKeys.has(key);
      knownKeys.add(key);
      const call = { orderId, correlationId: orderId, command, at: systemClock.now(), signal: neverAborted };
      const reply = await mailer.answer(call);
      const at = toIsoTime(systemClock.now());
      await ledger.append({ at, key, orderId, notice, effective: isNew && reply.type === 'mailer.sent' });
      return drawResponse(rates, reply, command);
    },
  },
  () => ledger.close(),
);
