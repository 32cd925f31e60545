// The templates of mails: a folder for each language, with Mustache files that are read and checked once, at the start.
// It knows which placeholders a notice has, and not what they stand for.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mustache from 'mustache';
import { z } from 'zod';
import { failure, notice } from '../../machines/payloads.ts';
import { AppError } from '../errors.ts';
import { isLocale } from '../setting-values.ts';
import { type NoticeValues, noticeSlots, type ReasonTexts } from './mail-notices.ts';
import { toHtmlText } from './mail-text.ts';
import { findTemplateMistake } from './template-mistakes.ts';

/** A notice in a customer's words. */
export interface Written {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The templates of one language, with the locale in which amounts are written. */
export interface LocalTemplates {
  readonly locale: string;
  readonly reasons: ReasonTexts;
  fill<N extends keyof NoticeValues>(notice: N, values: NoticeValues[N]): Written;
}

export const shippedTemplates = fileURLToPath(new URL('mail-templates', import.meta.url));

/**
 * Templates by locale: those of `de-CH`, else of `de`, else of `fallback`. A text that is no locale is one without templates.
 * @throws AppError `invalid-setting`, one line that names the file and what to do, for templates that are missing or wrong.
 */
export const readMailTemplates = (folder: string, fallback: string): ((locale: string) => LocalTemplates) => {
  const names = namesIn(folder);
  refuseMissing(folder, names);
  const languages = new Map(
    names.map((name) => [name.toLowerCase(), readLanguage(join(folder, name))] as const),
  );
  const find = (locale: string): LocalTemplates | undefined => {
    const language = languages.get(locale.toLowerCase()) ?? languages.get(toLanguage(locale));
    return language && isLocale(locale) ? { ...language, locale } : undefined;
  };
  const inFallback = find(fallback);
  if (inFallback === undefined) {
    const known = [...languages.keys()].sort().join(', ') || 'none';
    throw new AppError(
      'invalid-setting',
      `MAIL_LOCALE=${fallback} has no templates: ${folder} has ${known}. Choose one of them, or add a folder '${fallback}'.`,
    );
  }
  return (locale) => find(locale) ?? inFallback;
};

const toLanguage = (locale: string): string => locale.split('-')[0]?.toLowerCase() ?? '';

const namesIn = (folder: string): readonly string[] => {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isFile() || entry.name.startsWith('.') ? [] : [entry.name]));
  } catch {
    const problem = 'there is no such folder that can be read. Make it, or leave the setting out';
    throw new AppError('invalid-setting', `MAIL_TEMPLATES=${folder} is not usable: ${problem}.`);
  }
};

const templateFiles = [...notice.options.flatMap((name) => [`${name}.txt`, `${name}.html`]), 'reasons.json'];
/** As many as a language that lacks everything, and one more. */
const mostNamed = templateFiles.length + 1;

/** All that is missing at once, such as the notices that a new release has more. */
const refuseMissing = (folder: string, languages: readonly string[]): void => {
  const missing = languages.flatMap((language) =>
    templateFiles
      .filter((file) => !existsSync(join(folder, language, file)))
      .map((file) => `${language}/${file}`),
  );
  if (missing.length === 0) return;
  const named = missing.slice(0, mostNamed).join(', ');
  const more = missing.length > mostNamed ? ` and ${missing.length - mostNamed} more` : '';
  throw new AppError(
    'invalid-setting',
    `MAIL_TEMPLATES=${folder} is not usable: it lacks ${named}${more}. Every language needs them: copy those in ${shippedTemplates} and change the copies.`,
  );
};

const readLanguage = (folder: string): Omit<LocalTemplates, 'locale'> => {
  const templates = {
    confirmation: readNotice(folder, 'confirmation'),
    failure: readNotice(folder, 'failure'),
    cancellation: readNotice(folder, 'cancellation'),
    refund: readNotice(folder, 'refund'),
    'payment-action': readNotice(folder, 'payment-action'),
  };
  return {
    reasons: readReasons(join(folder, 'reasons.json')),
    fill: (notice, values) => {
      const { subject, text, html } = templates[notice];
      const asText = { escape: String };
      const written = Mustache.render(subject, values, undefined, asText).trim();
      const asHtml = { escape: (value: unknown) => toHtmlText(String(value)) };
      return {
        subject: written,
        text: Mustache.render(text, values, undefined, asText),
        html: Mustache.render(html, { ...values, subject: written }, undefined, asHtml),
      };
    },
  };
};

const readNotice = (folder: string, notice: keyof NoticeValues): Written => {
  const [plain, html] = [join(folder, `${notice}.txt`), join(folder, `${notice}.html`)];
  const [, subject, text] = /^Subject: ([^\n]*\S)\n\n+(.*)$/s.exec(readText(plain)) ?? [];
  if (subject === undefined || text === undefined) {
    throw refuse(plain, "it has to begin with a line 'Subject: …' and an empty line. Write those first");
  }
  const slots = noticeSlots[notice];
  const written = { subject, text, html: readText(html) };
  const mistakes = [
    [plain, findTemplateMistake(subject, slots, 'any part')],
    [plain, findTemplateMistake(text, slots)],
    [html, findTemplateMistake(written.html, { ...slots, subject: 'text' })],
  ] as const;
  for (const [path, mistake] of mistakes) if (mistake !== undefined) throw refuse(path, mistake);
  return written;
};

const reasonTexts = z.record(failure.shape.kind, z.string().min(1));

const readReasons = (path: string): ReasonTexts => {
  const text = readText(path);
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw refuse(path, 'it is no JSON. Correct it');
  }
  const { data, error } = reasonTexts.safeParse(found);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const where = issue?.path.length ? `'${issue.path.join('.')}': ` : '';
  throw refuse(path, `${where}${issue?.message}. It needs a text for each reason and nothing else`);
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
      .replace(/^\ufeff/, '')
      .replaceAll('\r\n', '\n');
  } catch {
    throw refuse(
      path,
      'it cannot be read. Every language needs it: copy the one that is shipped and change that',
    );
  }
};

const refuse = (path: string, problem: string): AppError =>
  new AppError('invalid-setting', `The mail template ${path} is not usable: ${problem}.`);
