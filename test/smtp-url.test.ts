// Which addresses of mail servers are taken (src/smtp-url.ts), and that a wrong one is never repeated.
import { expect, test } from 'vitest';
import { readSettings } from '../src/config.ts';
import { readSmtpUrl } from '../src/smtp-url.ts';

test.each([
  ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false }],
  ['smtps://mail.example', { host: 'mail.example', port: 465, secure: true }],
  ['smtp://127.0.0.1:2525/', { host: '127.0.0.1', port: 2525, secure: false }],
  ['smtp://[::1]:25', { host: '::1', port: 25, secure: false }],
  ['smtps://münchen.example', { host: 'xn--mnchen-3ya.example', port: 465, secure: true }],
  [
    'smtps://ada%40shop.example:p%3A%2F%40ss@mail.example:465',
    { host: 'mail.example', port: 465, secure: true, auth: { user: 'ada@shop.example', pass: 'p:/@ss' } },
  ],
])('%s is a mail server', (text, server) => {
  expect(readSmtpUrl(text)).toEqual(server);
});

test.each([
  'mail.example',
  'http://user:s3cret@mail.example',
  'smtp://',
  'smtp://user:s3cret@',
  'smtp://user@mail.example',
  'smtp://:s3cret@mail.example',
  'smtp://user:s3cret@mail.example:70000',
  'smtp://user:s3cret%@mail.example',
  'smtp://user:s3#cret@mail.example',
  'smtp://mail.example/path',
  'smtps://user:s3cret@mail.example?tls.rejectUnauthorized=false',
])('%s is refused in one line that does not repeat it', (text) => {
  let message = '';
  try {
    readSettings({ SMTP_URL: text });
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/Invalid SMTP_URL: must be smtp:\/\/HOST or smtps:\/\/HOST, with USER:PASSWORD@/);
  expect(message).not.toMatch(/s3|\n/);
});
