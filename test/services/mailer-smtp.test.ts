// What a real mail server gets from the SMTP mailer (src/services/mailer-smtp.ts).
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ShopService } from '../../src/shop/services.ts';
import { askOutside, describeService, toCall } from '../contracts/service.ts';
import { until } from '../e2e/client.ts';
import {
  allNotices,
  confirmation,
  from,
  openSmtpMailer,
  orderId,
  send,
  toFailure,
  toRefund,
  withName,
} from './smtp/notices.ts';
import { certificate, type MailServer, startMailServer } from './smtp/server.ts';

const openServer = async (...options: Parameters<typeof startMailServer>): Promise<MailServer> => {
  const server = await startMailServer(...options);
  onTestFinished(server.close);
  return server;
};
const openMailer = (...options: Parameters<typeof openSmtpMailer>): ShopService<'mailer'> => {
  const mailer = openSmtpMailer(...options);
  onTestFinished(() => mailer.close?.());
  return mailer;
};

describeService('the SMTP mailer', async () => {
  const server = await openServer();
  const silent = await openServer();
  silent.fail({ afterData: 'silent' }, { afterData: 'silent' });
  const mailer = openMailer(server);
  return {
    name: 'mailer',
    calls: allNotices.map((command) => toCall('mailer', command)),
    ask: askOutside(mailer),
    // SMTP delivers at least once: what a repeat has the same Message-ID as is the same mail.
    effects: async () => new Set(server.received.map(({ mail }) => mail.messageId)).size,
    outside: { prompt: mailer, stuck: openMailer(silent) },
  };
});

describe('a mail that is sent', () => {
  let server: MailServer;
  let mailer: ShopService<'mailer'>;
  beforeEach(async () => {
    server = await startMailServer();
    mailer = openSmtpMailer(server);
  });
  afterEach(async () => {
    await mailer.close?.();
    await server.close();
  });
  const deliver = async (command = confirmation) => {
    expect(await send(mailer, command)).toEqual({ type: 'mailer.sent' });
    const last = server.received.at(-1);
    if (last === undefined) throw new Error('nothing was received');
    return last;
  };

  it('arrives with sender, recipient, subject and both bodies', async () => {
    const { mail, from: sender, to } = await deliver();
    expect({ sender, to }).toEqual({ sender: 'orders@shop.example', to: ['ada@example.com'] });
    expect(mail.from?.value).toEqual([{ name: 'Shop', address: 'orders@shop.example' }]);
    expect(mail.to).toMatchObject({ value: [{ name: '', address: 'ada@example.com' }] });
    expect(mail.subject).toBe(`Your order ${orderId} is confirmed`);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.text).toContain('- 2 × \u2068Widget\u2069 at $50.00: $100.00\n');
    expect(mail.text).toContain('Total: $175.00');
    expect(mail.html).toContain('<li>1 × <bdi>Gadget</bdi> at $75.00: $75.00</li>');
  });

  it('has one Message-ID for each order and purpose, however often it is sent', async () => {
    const ids = [];
    for (const command of [confirmation, { ...confirmation, attempt: 2 }, toFailure('cancelled')]) {
      ids.push((await deliver(command)).mail.messageId);
    }
    expect(ids).toEqual([
      `<${orderId}.confirmation.1@shop.example>`,
      `<${orderId}.confirmation.1@shop.example>`,
      `<${orderId}.failure.1@shop.example>`,
    ]);
  });

  it('has a Message-ID of its own for each notice and for each refund, the same when it is sent again', async () => {
    const ids = [];
    for (const command of [...allNotices, ...allNotices.map((each) => ({ ...each, attempt: 2 }))]) {
      ids.push((await deliver(command)).mail.messageId);
    }
    const kinds = [
      'confirmation.1',
      'failure.1',
      'cancellation.1',
      'refund-notice.refund-1',
      'refund-notice.refund-2',
    ];
    const expected = [...kinds, 'payment-action.1'].map((kind) => `<${orderId}.${kind}@shop.example>`);
    expect(ids).toEqual([...expected, ...expected]);
  });

  it.each(allNotices)(
    'arrives as $key, in text and in HTML, with the order in its subject',
    async (command) => {
      const { mail, to } = await deliver(command);
      expect(to).toEqual(['ada@example.com']);
      expect(mail.subject).toContain(orderId);
      expect(mail.text).toContain(orderId);
      expect(mail.html).toContain(`<title>${mail.subject}</title>`);
    },
  );

  it('is in the customer’s language if the order names a locale', async () => {
    const { mail } = await deliver({ ...toRefund('refund-1'), locale: 'de-CH', currency: 'CHF' });
    expect(mail.subject).toBe(`Erstattung zu Ihrer Bestellung ${orderId}`);
    expect(mail.text).toContain(`Wir haben Ihnen CHF\u00a050.00 zu Ihrer Bestellung ${orderId} erstattet.`);
    expect(mail.text).toContain('- 1 × \u2068Widget\u2069\n');
  });

  it('has a Message-ID of its own for a key that is no part of one', async () => {
    const { mail } = await deliver({ ...confirmation, key: 'refund <1>\r\nBcc: eve@example.com' });
    expect(mail.messageId).toMatch(/^<[0-9a-f]{64}@shop\.example>$/);
    expect(mail.headers.has('bcc')).toBe(false);
  });

  it.each([
    ['markup', '<script>alert(1)</script>', '&#60;script&#62;alert(1)&#60;/script&#62;'],
    [
      'lines',
      'Mouse\r\n\r\nTotal: $0.00\r\n.\r\nMAIL FROM:<eve@x.y>',
      'Mouse Total: $0.00 . MAIL FROM:&#60;eve@x.y&#62;',
    ],
    ['a placeholder', '{{total}} {{{total}}}', '{{total}} {{{total}}}'],
    ['a turn of direction', 'قوری\u202e\u2069\u2066', 'قوری'],
  ])('shows a product’s name with %s as plain text in one line', async (_what, name, inHtml) => {
    const { mail, to } = await deliver(withName(name));
    expect(to).toEqual(['ada@example.com']);
    expect(mail.html).toContain(`<li>2 × <bdi>${inHtml}</bdi> at $50.00: $100.00</li>`);
    expect(mail.html).not.toContain('<script');
    expect(mail.text?.split('\n').filter((line) => line.startsWith('Total'))).toEqual(['Total: $175.00']);
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['a@münchen.example', 'a@xn--mnchen-3ya.example', false],
    ['käufer@münchen.example', 'käufer@münchen.example', true],
  ])('reaches %s as %s', async (recipient, written, smtpUtf8) => {
    const received = await deliver({ ...confirmation, recipient });
    // The server takes punycode apart again.
    expect(received).toMatchObject({ to: [recipient], smtpUtf8 });
    expect(received.raw).toContain(`\r\nTo: ${written}\r\n`);
  });

  it('whose answer was lost is sent again with the same Message-ID, and then accepted', async () => {
    server.fail({ afterData: 'reset' });
    expect(await send(mailer)).toEqual({ type: 'mailer.failed', reason: 'no-answer' });
    expect(await send(mailer, { ...confirmation, attempt: 2 })).toEqual({ type: 'mailer.sent' });
    const ids = server.received.map(({ mail }) => mail.messageId);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it('goes over a connection that is there, and over a new one after the server closed that', async () => {
    await deliver();
    await deliver();
    expect(server.connections()).toBe(1);
    await mailer.close?.();
    const { port } = server;
    await server.close();
    server = await startMailServer({}, port);
    mailer = openSmtpMailer(server);
    await deliver();
    expect(server.connections()).toBe(1);
  });

  it('is one of many at once, over few connections', async () => {
    const commands = Array.from({ length: 40 }, (_, at) => ({
      ...confirmation,
      key: `${orderId}/refund/${at}`,
    }));
    const replies = await Promise.all(commands.map((command) => send(mailer, command)));
    expect(new Set(replies.map(({ type }) => type))).toEqual(new Set(['mailer.sent']));
    expect(new Set(server.received.map(({ mail }) => mail.messageId)).size).toBe(40);
    expect(server.connections()).toBeLessThanOrEqual(5);
  });

  it('that waits for a connection until its call is given up is never sent', async () => {
    const stuck = Array.from({ length: 5 }, () => ({ afterData: 'silent' as const }));
    server.fail(...stuck);
    const first = stuck.map((_, at) => send(mailer, { ...confirmation, key: `${orderId}/refund/${at}` }));
    const abort = new AbortController();
    const late = send(mailer, confirmation, abort.signal);
    await until(
      async () => server.received.length,
      (count) => count === 5,
    );
    abort.abort();
    await expect(late).rejects.toThrow('aborted');
    expect(server.received.map(({ mail }) => mail.messageId)).not.toContain(
      `<${orderId}.confirmation.1@shop.example>`,
    );
    expect(await Promise.all(first)).toEqual(
      stuck.map(() => ({ type: 'mailer.failed', reason: 'no-answer' })),
    );
    expect(await send(mailer)).toEqual({ type: 'mailer.sent' });
  }, 20_000);

  it('is not sent for an order’s id that would be no part of a header', async () => {
    const reply = await send(mailer, { ...confirmation, orderId: 'a\r\nBcc: eve@example.com' });
    expect(reply).toEqual({ type: 'mailer.failed', reason: 'unsafe-order-id' });
    expect(server.received).toEqual([]);
  });

  it('is not sent for a refund of which nothing is said', async () => {
    const { refund: _, ...command } = toRefund('refund-1');
    expect(await send(mailer, command)).toEqual({ type: 'mailer.failed', reason: 'refund-missing' });
    expect(server.received).toEqual([]);
  });

  it('is not sent for a failure without a reason', async () => {
    const reply = await send(mailer, { ...toFailure('rejected'), reason: null });
    expect(reply).toEqual({ type: 'mailer.failed', reason: 'reason-missing' });
    expect(server.received).toEqual([]);
  });
});

describe('a server with TLS and sign-in', () => {
  const signIn: SMTPServerOptions = {
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'ada' && password === 'pa:ss@word'
        ? done(null, { user: username })
        : done(Object.assign(new Error('no'), { responseCode: 535 })),
  };
  const auth = { user: 'ada', pass: 'pa:ss@word' };

  it.each([
    ['from the first byte', { secure: true, disabledCommands: [] }, true],
    ['by STARTTLS', { disabledCommands: [] }, false],
  ])('gets mails over TLS %s, if its certificate is vouched for', async (_how, options, secure) => {
    const server = await openServer({ ...signIn, ...options });
    const mailer = openMailer({ port: server.port, secure, auth }, { ca: [certificate] });
    expect(await send(mailer)).toEqual({ type: 'mailer.sent' });
    expect(server.received).toMatchObject([{ secure: true, user: 'ada', from: 'orders@shop.example' }]);
  });

  it('is never given a password in the clear by another machine, and is by its own', async () => {
    const passwords: unknown[] = [];
    const server = await openServer({
      ...{ disabledCommands: ['STARTTLS'], authOptional: false },
      onAuth: ({ username = '', password }, _session, done) => {
        passwords.push(password);
        done(null, { user: username });
      },
    });
    // It reaches this machine, and is not one of its names.
    const reply = await send(openMailer({ host: '0.0.0.0', port: server.port, auth }));
    expect({ reply, passwords }).toEqual({
      reply: { type: 'mailer.failed', reason: 'tls-failed' },
      passwords: [],
    });
    expect(await send(openMailer({ port: server.port, auth }))).toEqual({ type: 'mailer.sent' });
    expect(passwords).toEqual([auth.pass]);
  });

  it('is refused where nobody vouches for its certificate', async () => {
    const server = await openServer({ ...signIn, secure: true, disabledCommands: [] });
    const reply = await send(openMailer({ port: server.port, secure: true, auth }));
    expect(reply).toEqual({ type: 'mailer.failed', reason: 'tls-failed' });
    expect(server.received).toEqual([]);
  });
});

it('a sender that is no mailbox is refused at the start', () => {
  for (const wrong of ['nobody', `${from}\r\nBcc: eve@example.com`, 'a@']) {
    expect(() => openSmtpMailer({ port: 1 }, { from: wrong })).toThrow(/MAIL_FROM=.* is not usable/);
  }
});
