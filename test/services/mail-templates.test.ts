// The texts of mails (src/services/mail-templates.ts and its folder): in every language that is shipped, and a shop's own.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure } from '../../machines/payloads.ts';
import { createMailWriter } from '../../src/services/mail.ts';
import { noticeSlots, type Slots } from '../../src/services/mail-notices.ts';
import { readMailTemplates, shippedTemplates } from '../../src/services/mail-templates.ts';
import { allNotices, confirmation, from, orderId, toFailure, withName, write } from './smtp/notices.ts';

/** The shipped templates in a folder of its own, with other texts in some of its files (null: none at all). */
const copyTemplates = async (changed: Readonly<Record<string, string | null>> = {}): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'templates-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(shippedTemplates, folder, { recursive: true });
  for (const [name, text] of Object.entries(changed)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await (text === null ? rm(path) : writeFile(path, text));
  }
  return folder;
};
const shipped = await readdir(shippedTemplates);

describe('the shipped templates', () => {
  it('are there in English and German', () => {
    expect(shipped.sort()).toEqual(['de', 'en']);
  });

  it.each(shipped)(
    'in %s have a text of its own for each reason, and no tag is left in any mail',
    (locale) => {
      const kinds = failure.shape.kind.options;
      const commands = [...kinds.map(toFailure), ...allNotices.filter(({ notice }) => notice !== 'failure')];
      const mails = commands.map((command) => write(command, locale));
      // Two refunds of the same are two mails with one text.
      expect(new Set(mails.map(({ text }) => text)).size).toBe(commands.length - 1);
      expect(new Set(mails.map(({ html }) => html)).size).toBe(commands.length - 1);
      for (const { subject, text, html } of mails) {
        expect(`${subject}${text}${html}`).not.toMatch(/[{}]|undefined|SQLITE/);
        expect(subject).toContain(orderId);
        expect(html).toContain(`<html lang="${locale}">`);
        expect(html).toContain(`<title>${subject}</title>`);
      }
    },
  );

  it('in German say the same, with amounts as they are written there', () => {
    const { subject, text, html } = write(confirmation, 'de');
    expect(subject).toBe(`Ihre Bestellung ${orderId} ist bestätigt`);
    expect(text).toContain('- 2 × \u2068Widget\u2069 zu je 50,00\u00a0$: 100,00\u00a0$\n');
    expect(text).toContain('Gesamtbetrag: 175,00\u00a0$\n');
    expect(html).toContain('<li>1 × <bdi>Gadget</bdi> zu je 75,00\u00a0$: 75,00\u00a0$</li>');
    const cancelled = write(toFailure('cancelled'), 'de');
    expect(cancelled.subject).toBe(`Ihre Bestellung ${orderId} ist storniert`);
    expect(cancelled.text).toContain('Falls Sie das nicht veranlasst haben, melden Sie sich bitte bei uns.');
    const declined = write(toFailure('payment-declined'), 'de');
    expect(declined.subject).toBe(`Ihre Bestellung ${orderId} konnte nicht ausgeführt werden`);
    expect(declined.text.trim().split('\n\n').slice(1)).toEqual([
      'Ihre Bank hat die Zahlung abgelehnt.',
      'Ihnen wurde nichts berechnet.',
    ]);
  });
});

/** `confirmation lines.name needed` and so on. */
const listSlots = (slots: Slots, path: string): readonly string[] =>
  Object.entries(slots).flatMap(([name, slot]) =>
    typeof slot === 'object'
      ? listSlots(slot, `${path}${name}.`)
      : [`${path}${name}${slot === 'needed' ? ' needed' : ''}`],
  );

it('docs/services.md lists every placeholder, and which are needed', async () => {
  const page = await readFile(resolve(import.meta.dirname, '../../docs/services.md'), 'utf8');
  const rows = [...page.matchAll(/^\| ([\w-]+) \| `([\w.]+)` \| (needed)?/gm)];
  const written = rows.map(([, notice, name, needed]) =>
    [`${notice} ${name}`, needed ?? []].flat().join(' '),
  );
  const declared = Object.entries(noticeSlots).flatMap(([notice, slots]) => listSlots(slots, `${notice} `));
  expect(written).toEqual(declared);
});

describe('an amount', () => {
  it.each([
    ['en', 'USD', 17_500, 'Total: $175.00\n'],
    ['en', 'JPY', 17_500, 'Total: ¥17,500\n'],
    ['en', 'KWD', 17_500, 'Total: KWD\u00a017.500\n'],
    ['en', 'HUF', 17_500, 'Total: HUF\u00a0175.00\n'],
    ['de', 'EUR', 123_456_789, 'Gesamtbetrag: 1.234.567,89\u00a0€\n'],
    ['de-CH', 'CHF', 123_456, "Gesamtbetrag: CHF\u00a01'234.56\n"],
    ['en', 'EUR', Number.MAX_SAFE_INTEGER, 'Total: €90,071,992,547,409.91\n'],
  ])('in %s and %s is written as people there do: %i', (locale, currency, amount, line) => {
    expect(write({ ...confirmation, currency, amount }, locale).text).toContain(line);
  });

  it('in a currency that ISO 4217 does not know is never written', () => {
    expect(() => write({ ...confirmation, currency: 'XYZ' })).toThrow(RangeError);
  });
});

describe('the locale of a customer', () => {
  it('decides over that of the shop, and one without templates leaves the mail to the shop’s', () => {
    const writer = createMailWriter({ from, locale: 'en' });
    const inLocale = (locale?: string) => {
      const mail = writer({ ...confirmation, ...(locale !== undefined && { locale }) }, new Date(0));
      return typeof mail === 'string' ? mail : String(mail.text);
    };
    expect(inLocale('de-AT')).toMatch(/^Gesamtbetrag: /m);
    expect(inLocale('DE')).toMatch(/^Gesamtbetrag: /m);
    expect(inLocale('de-CH')).toContain('Gesamtbetrag: $\u00a0175.00\n');
    expect(inLocale('fr')).toContain('Total: $175.00');
    for (const none of ['de_DE', 'de-!', '../de', ' ']) expect(inLocale(none)).toContain('Total: $175.00');
    expect(inLocale()).toContain('Total: $175.00');
  });
});

describe('a folder of a shop’s own', () => {
  it('decides what mails say, in its languages, and escapes what is put in', async () => {
    const folder = await copyTemplates({
      'en/confirmation.txt':
        '\ufeffSubject: Hi {{orderId}}\r\n\r\n{{#lines}}\r\n{{quantity}}x{{name}}\r\n{{/lines}}\r\n{{#adjustments}}{{name}}{{amount}}{{/adjustments}}={{total}} {{orderId}}\r\n',
      'en/confirmation.html':
        '<b title="{{orderId}}">{{#lines}}{{quantity}}{{name}}{{/lines}}{{#adjustments}}{{name}}{{amount}}{{/adjustments}}{{total}}</b>',
    });
    expect(write(withName('<i>"\'&'), 'en', { templates: folder })).toEqual({
      subject: `Hi ${orderId}`,
      text: `2x\u2068<i>"'&\u2069\n1x\u2068<i>"'&\u2069\n=$175.00 ${orderId}\n`,
      html: `<b title="${orderId}">2<bdi>&#60;i&#62;&#34;&#39;&#38;</bdi>1<bdi>&#60;i&#62;&#34;&#39;&#38;</bdi>$175.00</b>`,
    });
  });

  it('may add a language', async () => {
    const folder = await copyTemplates();
    await cp(join(folder, 'de'), join(folder, 'de-AT'), { recursive: true });
    const path = join(folder, 'de-AT/confirmation.txt');
    await writeFile(path, (await readFile(path, 'utf8')).replace('Vielen Dank', 'Servus'));
    expect(write(confirmation, 'de-AT', { templates: folder }).text).toContain('Servus');
    expect(write(confirmation, 'de', { templates: folder }).text).toContain('Vielen Dank');
  });

  const withEmptyReason = JSON.stringify(
    Object.fromEntries(failure.shape.kind.options.map((kind) => [kind, kind === 'cancelled' ? '' : 'x'])),
  );
  const html =
    '{{orderId}}{{total}}{{#lines}}{{quantity}}{{name}}{{/lines}}{{#adjustments}}{{name}}{{amount}}{{/adjustments}}';
  it.each([
    [
      'a placeholder is unknown',
      'en/confirmation.html',
      '{{totl}}',
      /\{\{totl}} is unknown\. Here can be: .*total/,
    ],
    ['a placeholder of another notice is used', 'en/confirmation.html', '{{why}}', /\{\{why}} is unknown/],
    ['a placeholder of a list is used outside', 'en/confirmation.html', '{{name}}', /\{\{name}} is unknown/],
    [
      'a placeholder lacks',
      'en/confirmation.html',
      html.replace('{{total}}', ''),
      /it lacks \{\{total}}\. Add it/,
    ],
    [
      'a placeholder lacks in a list',
      'de/confirmation.html',
      html.replace('{{name}}', ''),
      /it lacks \{\{#lines}}…\{\{name}}…\{\{\/lines}}/,
    ],
    [
      'amounts beside the products lack',
      'en/confirmation.html',
      html.replace('{{amount}}', ''),
      /it lacks \{\{#adjustments}}…\{\{amount}}…\{\{\/adjustments}}/,
    ],
    [
      'a refund says nothing of its lines',
      'de/refund.html',
      '{{orderId}}{{amount}}',
      /it lacks \{\{#lines}}…/,
    ],
    ['an address lacks', 'en/payment-action.html', '{{orderId}}{{total}}', /it lacks \{\{url}}\. Add it/],
    [
      'a value is not escaped',
      'en/confirmation.html',
      '{{{orderId}}}',
      /\{\{&orderId}} is refused: every value is escaped/,
    ],
    ['another template is included', 'en/confirmation.html', '{{> footer}}', /\{\{>footer}} is refused/],
    [
      'a list is used as a value',
      'en/confirmation.html',
      '{{lines}}',
      /\{\{lines}} is no value\. Write \{\{#lines}}…/,
    ],
    [
      'a value is used as a list',
      'en/confirmation.html',
      '{{#total}}{{/total}}',
      /\{\{#total}} is a value\. Write \{\{total}}/,
    ],
    [
      'a section is not closed',
      'en/confirmation.html',
      '{{#lines}}',
      /Unclosed section "lines".*Correct the tag/,
    ],
    ['a subject is missing', 'en/confirmation.txt', 'Hello\n', /it has to begin with a line 'Subject: …'/],
    [
      'a subject has an unknown placeholder',
      'en/failure.txt',
      'Subject: {{total}}\n\nx',
      /\{\{total}} is unknown/,
    ],
    ['the reasons are no JSON', 'en/reasons.json', '{', /it is no JSON/],
    ['a reason lacks', 'en/reasons.json', '{"cancelled":"x"}', /needs a text for each reason/],
    [
      'a reason is empty',
      'en/reasons.json',
      withEmptyReason,
      /'cancelled': .*It needs a text for each reason/,
    ],
  ])('where %s, is refused in one line that names the file', async (_what, name, text, problem) => {
    const folder = await copyTemplates({ [name]: text });
    const open = () => readMailTemplates(folder, 'en');
    expect(open).toThrow(
      expect.objectContaining({ code: 'invalid-setting', message: expect.stringMatching(problem) }),
    );
    expect(open).toThrow(`The mail template ${join(folder, name)} is not usable: `);
    expect(open).not.toThrow(/\n/);
  });

  it('that lacks files is refused in one line that names them and where they can be copied', async () => {
    const folder = await copyTemplates({
      'de/refund.txt': null,
      'en/cancellation.html': null,
      'en/reasons.json': null,
    });
    const open = () => readMailTemplates(folder, 'en');
    expect(open).toThrow(
      expect.objectContaining({
        code: 'invalid-setting',
        message: `MAIL_TEMPLATES=${folder} is not usable: it lacks de/refund.txt, en/cancellation.html, en/reasons.json. Every language needs them: copy those in ${shippedTemplates} and change the copies.`,
      }),
    );
  });

  it('in which nothing is a language is refused in a line that stays short', async () => {
    const folder = await copyTemplates();
    for (const name of ['a', 'b', 'c']) await mkdir(join(folder, name));
    expect(() => readMailTemplates(folder, 'en')).toThrow(
      /it lacks a\/confirmation\.txt, .* and 21 more\. Every/,
    );
  });

  it('that is not there, or does not have the shop’s language, is refused with the way out', async () => {
    const none = resolve(shippedTemplates, 'none');
    expect(() => readMailTemplates(none, 'en')).toThrow(
      /there is no such folder that can be read\. Make it, or leave the setting out/,
    );
    expect(() => readMailTemplates(shippedTemplates, 'fr')).toThrow(
      /MAIL_LOCALE=fr has no templates: .* has de, en\. Choose one of them, or add a folder 'fr'/,
    );
  });
});
