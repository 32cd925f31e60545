// A mailer for trials: each notice becomes one .eml file in a folder, as a mail server would deliver it.
// It never writes the same notice twice and never leaves half a message under a final name. It exists so
// that anyone can open what customers would get, without a mail server.
import { constants } from 'node:fs';
import { access, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { makeFolder, privateFile, usingPath } from '../own-files.ts';
import { pause } from '../service.ts';
import { toMailName } from '../shop/mail-names.ts';
import type { ReplyFrom, ShopService } from '../shop/services.ts';
import { createMailWriter, isSafeOrderId, type MailStyle, toBytes } from './mail.ts';

interface FileMailing extends MailStyle {
  /** Where messages go; it is made if it is missing. */
  readonly directory: string;
  /** How long a message takes to be accepted. Nothing is written before. */
  readonly delayMs: number;
  readonly clock: Clock;
}

/** @throws AppError `invalid-setting` where `from` is not a mailbox, or the folder or the templates cannot be used. */
export const createFileMailer = async (mailing: FileMailing): Promise<ShopService<'mailer'>> => {
  const { directory, delayMs, clock } = mailing;
  const writeMail = createMailWriter(mailing);
  await usingPath('MAIL_DIR', directory, async () => {
    makeFolder(directory);
    await access(directory, constants.W_OK);
  });
  /** By file name: the same notice asked for twice at once is written once. */
  const writing = new Map<string, Promise<ReplyFrom<'mailer'>>>();

  return {
    name: 'mailer',
    place: 'outside',
    answer: async ({ command, signal }) => {
      if (!isSafeOrderId(command.orderId)) return fail('unsafe-order-id');
      await pause(clock, delayMs, signal);
      const name = toMailName(command);
      const write = async (): Promise<ReplyFrom<'mailer'>> => {
        if (await isFile(join(directory, name))) return { type: 'mailer.sent' };
        const mail = writeMail(command, new Date(clock.now()));
        if (typeof mail === 'string') return fail(mail);
        await writeWhole(directory, name, await toBytes(mail));
        return { type: 'mailer.sent' };
      };
      const written = writing.get(name) ?? write().finally(() => writing.delete(name));
      writing.set(name, written);
      return written;
    },
  };
};

const fail = (reason: string): ReplyFrom<'mailer'> => ({ type: 'mailer.failed', reason });

const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
};

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
/** Only a file that is made here and now: nothing is written through a link that somebody put there. */
const asNewFile = O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0);

/** The file has its name only when all of it is on the disk. */
const writeWhole = async (directory: string, name: string, content: Buffer): Promise<void> => {
  const unfinished = join(directory, `.${name}.unfinished`);
  // A process that was killed may have left one.
  await rm(unfinished, { force: true });
  {
    await using file = await open(unfinished, asNewFile, privateFile);
    await file.writeFile(content);
    await file.sync();
  }
  await rename(unfinished, join(directory, name));
  await using names = await open(directory);
  await names.sync();
};
