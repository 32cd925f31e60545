// A real mail server in the test's own process: it keeps what it was sent, and refuses, loses or delays on demand. It
// knows nothing of orders.
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

const pem = (name: string) => join(import.meta.dirname, `${name}.pem`);
/** Signed by itself, for localhost and 127.0.0.1. */
export const certificatePath = pem('certificate');
export const certificate = readFileSync(certificatePath, 'utf8');
const key = readFileSync(pem('key'), 'utf8');

export interface Received {
  readonly raw: string;
  readonly mail: ParsedMail;
  readonly from: string;
  readonly to: readonly string[];
  readonly smtpUtf8: boolean;
  readonly secure: boolean;
  readonly user: unknown;
}

/** What the server does instead of accepting. A number is a reply code. */
export interface Trouble {
  readonly mailFrom?: number;
  readonly recipient?: number;
  readonly data?: number;
  /** The message is kept, and then nothing is said: `reset` ends the connection. */
  readonly afterData?: 'silent' | 'reset';
}

export interface MailServer {
  readonly port: number;
  readonly received: readonly Received[];
  /** Connections so far. */
  connections(): number;
  /** From now on; of several, each is for one message. */
  fail(...troubles: readonly Trouble[]): void;
  close(): Promise<void>;
}

/** Without `options` it takes anything from anyone, without TLS. */
export const startMailServer = async (options: SMTPServerOptions = {}, port = 0): Promise<MailServer> => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let troubles: readonly Trouble[] = [];
  const take = (): Trouble => {
    const [trouble = {}, ...others] = troubles;
    troubles = others;
    return trouble;
  };
  const refuseAt = (command: 'mailFrom' | 'recipient'): Error | null =>
    troubles[0]?.[command] === undefined ? null : refuse(take()[command]);
  const server = new SMTPServer({
    ...{ disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true, closeTimeout: 100, logger: false },
    ...{ cert: certificate, key },
    onMailFrom: (_address, _session, done) => done(refuseAt('mailFrom')),
    onRcptTo: (_address, _session, done) => done(refuseAt('recipient')),
    onData: async (stream, session, done) => {
      const chunks = await stream.toArray();
      const { data, afterData } = take();
      if (data !== undefined) return done(refuse(data));
      const raw = Buffer.concat(chunks).toString('utf8');
      const { mailFrom, rcptTo, smtpUtf8 = false } = session.envelope;
      received.push({
        ...{ raw, mail: await simpleParser(raw), smtpUtf8, secure: session.secure, user: session.user },
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
      });
      if (afterData === undefined) done();
      if (afterData === 'reset') for (const socket of sockets) socket.destroy();
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    fail: (...given) => {
      troubles = given;
    },
    // It ends what is still open after `closeTimeout` by itself.
    close: () => new Promise((closed) => server.close(closed)),
  };
};

const refuse = (responseCode: number | undefined): Error =>
  Object.assign(new Error('the words of the server'), { responseCode });
