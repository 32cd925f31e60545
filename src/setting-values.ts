// The forms of settings: numbers, durations, lists, addresses, as zod schemas with errors that say what fits.
import { isIP } from 'node:net';
import { z } from 'zod';
import { isSigningSecret } from './signature.ts';

export const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};
export const oneDay = 86_400_000;
export const duration = whole(0, 365 * oneDay);
const rateError = 'must be a number from 0 to 1';
export const onOff = z.enum(['0', '1']).default('1');
export const rate = z.coerce.number({ error: rateError }).min(0, rateError).max(1, rateError);
export const count = whole(1, 1_000_000);
export const list = z
  .string()
  .default('')
  .transform((names) => names.split(',').flatMap((name) => name.trim() || []));
export const isProxy = (name: string): boolean => {
  const [, address = '', bits = '0'] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(name) ?? [];
  const kind = isIP(address);
  return kind === 0 ? proxyNames.has(name) : Number(bits) <= (kind === 4 ? 32 : 128);
};
const proxyNames = new Set(['loopback', 'linklocal', 'uniquelocal']);
export const isPublicUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:\/\/[^/?#@]+(?:\/[\w.~%-]+)*$/.test(url.href.replace(/\/$/, ''));
};
export const isOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
};
export const hostName = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/;
/** As browsers send it: in small letters, and Unicode as punycode. */
export const toHostName = (name: string): string =>
  /^[^/:@?#\\]+$/.test(name) ? (URL.parse(`http://${name}`)?.hostname ?? name) : name.toLowerCase();
export const isLocale = (text: string): boolean => {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
};

/** An address for each order, such as https://shop.example/pay?order={orderId}. */
export const isOrderUrl = (text: string): boolean => {
  const example = text.replaceAll('{orderId}', 'order');
  return example !== text && !/[{}\s]/.test(example) && isServiceUrl(example);
};

/** Where a service is called, such as https://payments.example/commands. */
export const isServiceUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.hash}` === '';
};
export const serviceUrlForm =
  'must be an http or https address without user, password and fragment, such as https://pay.example/commands';
export const signingSecretForm = 'must be whsec_ and 24 to 64 bytes in base64, as in Standard Webhooks';
export const serviceUrl = z
  .string()
  .default('')
  .refine((text) => text === '' || isServiceUrl(text), { error: serviceUrlForm });
export const signingSecrets = list.refine((secrets) => secrets.every(isSigningSecret), {
  error: `${signingSecretForm}; several with commas between them`,
});
