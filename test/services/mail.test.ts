// How a mail (src/services/mail.ts) writes names and addresses of any script.
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { createMailWriter, type MailStyle, toBytes } from '../../src/services/mail.ts';
import type { CommandTo } from '../../src/shop/services.ts';

const orderId = '0198c0de-0000-7000-8000-000000000001';
const toConfirmation = (name: string, recipient = 'ada@example.com'): CommandTo<'mailer'> => ({
  type: 'mailer.send',
  key: `${orderId}/confirmation`,
  attempt: 1,
  notice: 'confirmation',
  recipient,
  orderId,
  amount: 10_000,
  currency: 'USD',
  items: [{ productId: 'laptop', name, quantity: 2, unitPrice: 5000, lineTotal: 10_000 }],
  reason: null,
});
const from = 'Shop <orders@shop.example>';
const write = async (command: CommandTo<'mailer'>, style: Partial<MailStyle> = {}) => {
  const mail = createMailWriter({ from, ...style })(command, new Date(0));
  if (typeof mail === 'string') throw new Error(mail);
  return String(await toBytes(mail));
};

describe('a name in a mail', () => {
  it('is isolated, so that it does not turn the direction of the amounts, whatever was stored', async () => {
    const { text = '', html } = await simpleParser(await write(toConfirmation('قوری\u202e\u2069 <i>\u2066')));
    expect(text).toContain('- 2 × \u2068قوری <i>\u2069 at $50.00: $100.00\n');
    expect(text.match(/\p{Bidi_Control}/gu)).toEqual(['\u2068', '\u2069']);
    expect(html).toContain('<li>2 × <bdi>قوری &#60;i&#62;</bdi> at $50.00: $100.00</li>');
    expect(html).not.toMatch(/\p{Bidi_Control}/u);
  });
});

describe('an address in a mail', () => {
  it.each([
    ['a@münchen.example', 'a@xn--mnchen-3ya.example'],
    ['a@xn--mnchen-3ya.example', 'a@xn--mnchen-3ya.example'],
    ['a&b@x.example', 'a&b@x.example'],
    ['team/eu@x.example', 'team/eu@x.example'],
    ['käufer@münchen.example', 'käufer@münchen.example'],
    ['"a b"@x.example', '<"a b"@x.example>'],
  ])('of a customer %s is written %s', async (recipient, written) => {
    expect(await write(toConfirmation('Laptop', recipient))).toContain(`\r\nTo: ${written}\r\n`);
  });

  it('of a sender in an internationalised domain is in punycode, also in the Message-ID', async () => {
    const mail = await write(toConfirmation('Laptop'), {
      from: '"Müller, Berlin" <bestellung@münchen.example>',
    });
    expect(mail).toContain('<bestellung@xn--mnchen-3ya.example>\r\n');
    const { messageId, from } = await simpleParser(mail);
    expect(messageId).toBe(`<${orderId}.confirmation@xn--mnchen-3ya.example>`);
    expect(from?.value).toMatchObject([{ name: 'Müller, Berlin' }]);
  });
});
