// Which addresses are taken, and that nodemailer sends to exactly these: nothing that is taken can become another recipient.
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import { describe, expect, it, test } from 'vitest';
import { messages } from '../machines/messages.ts';
import { addressPattern, readMailbox, whyNotAddress, whyNotMailbox } from '../src/mail-address.ts';

const taken = [
  'ada@example.com',
  'a&b@example.com',
  'x=y@example.com',
  'team/eu@example.com',
  "o'neil+tag@mail.example.org",
  "!#$%&'*+-/=?^_`{|}~@example.com",
  'a@xn--mnchen-3ya.example',
  'a@x.xn--p1ai',
  'a@münchen.example',
  'a@MÜNCHEN.example',
  'käufer@münchen.example',
  'käufer@xn--mnchen-3ya.example',
  '用户@例子.广告',
  'अजय@उदाहरण.भारत',
  'ali@نامه‌ای.com',
  '"john doe"@example.com',
  '"a@b"@example.com',
  `${'a'.repeat(64)}@example.com`,
];
const refused: readonly (readonly [address: string, why: RegExp])[] = [
  ['', /such as/],
  ['ada', /such as/],
  ['@example.com', /such as/],
  ['ada@', /such as/],
  ...[
    '.a',
    'a.',
    'a..b',
    'a b',
    'a,b',
    'a"b',
    '"a',
    'a@b',
    '<a>',
    'a\r\nBcc: b',
    '(a)',
    'a\u200b',
    'a\u202eb',
    '""',
    '"a<b"',
  ].map((local) => [`${local}@example.com`, /before its @/] as const),
  ...[
    'localhost',
    '1.2.3.4',
    '[1.2.3.4]',
    '-a.example',
    'a-.example',
    'a_b.example',
    'a..example',
    'example.com.',
  ].map((domain) => [`ada@${domain}`, /domain/] as const),
  ...[
    'a%41.example',
    'ex\u00adample.com',
    'a\u202eb.example',
    'a b.example',
    'x.123',
    `${'a'.repeat(64)}.example`,
  ].map((domain) => [`ada@${domain}`, /domain/] as const),
  [`${'a'.repeat(65)}@example.com`, /64 bytes/],
  [`${'ä'.repeat(33)}@example.com`, /64 bytes/],
  [`ada@${'abcdefgh.'.repeat(28)}example`, /254 bytes/],
];

describe('an address', () => {
  it.each(taken)('%s is taken', (address) => {
    expect(whyNotAddress(address)).toBeUndefined();
    expect(new RegExp(addressPattern, 'u').test(address)).toBe(true);
  });

  it.each(refused)('%j is refused, with the reason', (address, why) => {
    expect(whyNotAddress(address)).toMatch(why);
  });
});

const ofMailbox = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aB9.&=/+-_~!'), minLength: 1, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...'aäß用अ', '\u0301', '.'), minLength: 1, maxLength: 12 }),
  fc
    .string({ unit: fc.constantFrom(...'a @,;<>()[]:.', '\\"', '\\\\'), maxLength: 12 })
    .map((text) => `"${text}"`),
);
const ofDomain = fc
  .array(fc.string({ unit: fc.constantFrom(...'abZ9-äß例', 'भा'), minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((labels) => [...labels, 'example'].join('.'));

const send = async (address: string) => {
  const mail = new MailComposer({ to: { name: '', address }, text: 'x', newline: 'win' }).compile();
  return { ...mail.getEnvelope(), text: (await mail.build()).toString() };
};

test('whatever is taken is one recipient, with the same mailbox at the same domain', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(ofMailbox, ofDomain, async (local, domain) => {
      const address = `${local}@${domain}`;
      if (whyNotAddress(address) !== undefined) return;
      count += 1;
      const { to, text } = await send(address);
      expect(to).toHaveLength(1);
      const at = String(to[0]).lastIndexOf('@');
      expect(String(to[0]).slice(0, at)).toBe(local);
      const sentTo = String(to[0]).slice(at + 1);
      expect(domainToASCII(sentTo)).toBe(domainToASCII(domain));
      // Only a mailbox that needs SMTPUTF8 has a domain that does.
      if (/^\p{ASCII}*$/u.test(local)) expect(sentTo).toBe(domainToASCII(domain));
      expect(text.match(/^[\w-]+:/gm)?.filter((name) => /^(to|cc|bcc):$/i.test(name))).toEqual(['To:']);
    }),
  );
  expect(count).toBeGreaterThan(20);
});

test('whatever is taken matches the pattern in the OpenAPI document, and is taken by the charts', () => {
  const pattern = new RegExp(addressPattern, 'u');
  const { email } = messages['order.place'].payload.shape;
  fc.assert(
    fc.property(ofMailbox, ofDomain, (local, domain) => {
      const address = `${local}@${domain}`;
      if (whyNotAddress(address) !== undefined) return;
      expect(pattern.test(address)).toBe(true);
      expect(email.safeParse(address).success).toBe(true);
    }),
  );
});

test('an address that was taken by release 0.1.0 is still taken by the charts', () => {
  const { email } = messages['order.place'].payload.shape;
  fc.assert(fc.property(fc.emailAddress(), (address) => email.safeParse(address).success));
});

describe('a sender', () => {
  it.each([
    ['orders@shop.example', { name: '', address: 'orders@shop.example' }],
    ['Shop <orders@shop.example>', { name: 'Shop', address: 'orders@shop.example' }],
    ['"Shop, \\"Berlin\\"" <a@münchen.example>', { name: 'Shop, "Berlin"', address: 'a@münchen.example' }],
    ['Käufer & Söhne <team/eu@shop.example>', { name: 'Käufer & Söhne', address: 'team/eu@shop.example' }],
  ])('may be %s', (text, mailbox) => {
    expect(whyNotMailbox(text)).toBeUndefined();
    expect(readMailbox(text)).toEqual(mailbox);
  });

  it.each([
    'nobody',
    'a@',
    'Shop <nobody>',
    'Shop <a@b.example> and more',
    'Shop\u202e <a@b.example>',
    'Shop\r\nBcc: c@d.example <a@b.example>',
    'a@b.example, c@d.example',
  ])('cannot be %j', (text) => {
    expect(whyNotMailbox(text)).toBeDefined();
  });
});
