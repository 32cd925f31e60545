// Which trouble with a mail server is which reason: the table in docs/services.md, row by row, on real connections.
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { expect, it, onTestFinished, test } from 'vitest';
import { toMailFailure } from '../../src/services/smtp-outcome.ts';
import { confirmation, openSmtpMailer, send } from './smtp/notices.ts';
import { startMailServer, type Trouble } from './smtp/server.ts';

/** What the mailer answers about a server in trouble, with waits of at most half a second. */
const ask = async (
  server: Parameters<typeof openSmtpMailer>[0],
  command = confirmation,
): Promise<string | undefined> => {
  const mailer = openSmtpMailer(server, { timeoutMs: 1000 });
  onTestFinished(() => mailer.close?.());
  const reply = await send(mailer, command);
  return reply.type === 'mailer.failed' ? reply.reason : undefined;
};
const open = async (...options: Parameters<typeof startMailServer>) => {
  const server = await startMailServer(...options);
  onTestFinished(server.close);
  return server;
};
/** A port where each connection is handled so. */
const listen = async (handle: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    handle(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const refusing = async (...troubles: readonly Trouble[]): Promise<string | undefined> => {
  const server = await open();
  server.fail(...troubles);
  return ask(server);
};
const signIn = (responseCode: number) =>
  open({
    ...{ disabledCommands: ['STARTTLS'], authOptional: false },
    onAuth: (_auth, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
  });
/** Reaches this machine, and is not one of its names. */
const otherMachine = '0.0.0.0';
const auth = { user: 'ada', pass: 'wrong' };

/** The row of the table → how it comes about. */
const rows: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'the sender is refused for now → temporary-451': () => refusing({ mailFrom: 451 }),
  'the sender is refused for good → permanent-553': () => refusing({ mailFrom: 553 }),
  'the recipient is refused for now → temporary-450': () => refusing({ recipient: 450 }),
  'the recipient is refused for good → permanent-550': () => refusing({ recipient: 550 }),
  'the message is refused for now → temporary-452': () => refusing({ data: 452 }),
  'the message is refused for good → permanent-554': () => refusing({ data: 554 }),
  'the server goes away for now → temporary-421': async () =>
    ask({ port: await listen((socket) => socket.end('421 later\r\n')) }),
  'user or password are refused → credentials-refused': async () => ask({ ...(await signIn(535)), auth }),
  'signing in fails for now → temporary-454': async () => ask({ ...(await signIn(454)), auth }),
  'the connection is refused → unreachable': async () => {
    const server = await startMailServer();
    await server.close();
    return ask(server);
  },
  'the server’s name is unknown → unreachable': () => ask({ host: 'no-such-host.invalid', port: 25 }),
  'nothing greets in time → unreachable': async () => ask({ port: await listen(() => undefined) }),
  'the certificate is not trusted → tls-failed': async () =>
    ask({ ...(await open({ secure: true })), secure: true }),
  'the certificate is not trusted after STARTTLS → tls-failed': async () =>
    ask(await open({ disabledCommands: ['AUTH'] })),
  'the server speaks no TLS → tls-failed': async () => ask({ ...(await open()), secure: true }),
  'the server offers no TLS for a password → tls-failed': async () =>
    ask({ ...(await signIn(535)), host: otherMachine, auth }),
  'the connection ends before the greeting → no-answer': async () =>
    ask({ port: await listen((socket) => socket.end()) }),
  'the connection ends after the message was sent → no-answer': () => refusing({ afterData: 'reset' }),
  'no answer comes after the message was sent → no-answer': () => refusing({ afterData: 'silent' }),
  'the server does not speak SMTP → malformed-answer': async () =>
    ask({ port: await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')) }),
  'the message is above the server’s limit → permanent-552': async () =>
    ask(await open({ size: 100, rejectOversized: true })),
  'the address is one that is not taken any more → address-unusable': async () =>
    ask(await open(), { ...confirmation, recipient: 'ada<eve@x.example>@example.com' }),
};

it.each(Object.entries(rows))('%s', async (row, meet) => {
  expect(await meet()).toBe(row.split(' → ')[1]);
});

test('the table in docs/services.md has exactly these rows', async () => {
  const page = await readFile(resolve(import.meta.dirname, '../../docs/services.md'), 'utf8');
  const table = /<!-- mail outcomes -->\n([\s\S]*?)<!-- end -->/.exec(page)?.[1] ?? '';
  const written = table.split('\n').flatMap((line) => {
    const [, what = '', reason] = /^\| ([^|]+?) +\| `([^`]+)`/.exec(line) ?? [];
    return reason === undefined ? [] : [`${what} → ${reason}`];
  });
  expect(written).toEqual(Object.keys(rows));
});

test('an error that is no outcome of sending is thrown, so that the host logs it', () => {
  const mistake = new TypeError('a mistake of ours');
  expect(() => toMailFailure(mistake)).toThrow(mistake);
});

test('a reason holds neither the server’s words nor an address', async () => {
  const reasons = await Promise.all([refusing({ recipient: 550 }), refusing({ data: 451 })]);
  expect(reasons.join()).toMatch(/^[a-z]+-\d{3},[a-z]+-\d{3}$/);
});
