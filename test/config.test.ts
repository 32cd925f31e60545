// The settings as the charts are told of them.
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config.ts';
import { toPolicy } from '../src/shop/placement.ts';

const policyOf = (given: Record<string, string | number>) => toPolicy(readSettings(given));

describe('the reservation', () => {
  it('lasts as long as the setting says where the money is taken at once', () => {
    expect(policyOf({ RESERVATION_TTL_MS: 20_000 }).reservationTtlMs).toBe(20_000);
  });

  it('lasts until an authorisation has expired where the money is taken later', () => {
    const policy = policyOf({ PAYMENT_CAPTURE: 'later' });
    expect(policy.reservationTtlMs).toBe(
      policy.payWithinMs + policy.authorizationTtlMs + policy.commitWithinMs,
    );
  });

  it('lasts longer still where the setting says so', () => {
    const year = 365 * 86_400_000;
    expect(policyOf({ PAYMENT_CAPTURE: 'later', RESERVATION_TTL_MS: year }).reservationTtlMs).toBe(year);
  });
});

const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
it.each<[string, Record<string, string>, RegExp]>([
  [
    'a URL without a secret',
    { MAILER_URL: 'https://mail.example' },
    /MAILER_URL: it needs MAILER_SECRET, too/,
  ],
  ['a secret without a URL', { MAILER_SECRET: secret }, /MAILER_SECRET: it needs MAILER_URL, too/],
  [
    'a URL with a password',
    { MAILER_URL: 'https://a:b@mail.example' },
    /MAILER_URL=.*without user, password/,
  ],
  ['a secret that is too short', { PAYMENT_GATEWAY_SECRET: 'whsec_c2hvcnQ=' }, /24 to 64 bytes/],
])('%s is refused, and no secret is shown', (_what, given, message) => {
  expect(() => readSettings(given)).toThrow(message);
  expect(() => readSettings(given)).not.toThrow(/whsec_[a-zA-Z0-9]/);
});

it('PAYMENT_ACTION_URL is an address for each order, and nothing else', () => {
  const given = 'https://shop.example/pay?order={orderId}';
  expect(readSettings({ PAYMENT_ACTION_URL: given }).PAYMENT_ACTION_URL).toBe(given);
  for (const wrong of [
    ...['https://shop.example/pay', 'https://shop.example/{order}', 'https://shop.example/{orderId}/{x}'],
    ...['javascript:alert({orderId})', 'https://ada:secret@shop.example/{orderId}', '/pay/{orderId}'],
  ]) {
    expect(() => readSettings({ PAYMENT_ACTION_URL: wrong })).toThrow(
      /must be an http or https address with/,
    );
  }
});
