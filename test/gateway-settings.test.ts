// The start refuses settings of the payment gateway that do not fit together (src/gateway-settings.ts).
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config.ts';

const stripe = {
  PAYMENT_GATEWAY: 'stripe',
  STRIPE_SECRET_KEY: 'sk_test_abc',
  STRIPE_WEBHOOK_SECRET: 'whsec_abc',
  STRIPE_TEST_PAYMENT_METHOD: 'pm_card_visa',
};

describe('PAYMENT_GATEWAY', () => {
  it('is simulated unless it says otherwise', () => {
    expect(readSettings().PAYMENT_GATEWAY).toBe('simulated');
    expect(readSettings(stripe).STRIPE_API_BASE).toBe('https://api.stripe.com');
  });

  it.each([
    [{ STRIPE_SECRET_KEY: '' }, 'PAYMENT_GATEWAY=stripe needs STRIPE_SECRET_KEY.'],
    [{ STRIPE_WEBHOOK_SECRET: '' }, 'needs STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_TEST_PAYMENT_METHOD: '' }, 'needs STRIPE_TEST_PAYMENT_METHOD'],
    [{ PAYMENT_GATEWAY: 'simulated' }, 'set PAYMENT_GATEWAY=stripe, or leave the key out'],
    [{ STRIPE_SECRET_KEY: 'sk_live_abc' }, 'STRIPE_TEST_PAYMENT_METHOD is for test keys alone'],
    [
      { STRIPE_SECRET_KEY: 'rk_live_abc', STRIPE_TEST_PAYMENT_METHOD: '' },
      'orders cannot name a payment method yet',
    ],
    [{ STRIPE_API_BASE: 'http://stripe.example' }, 'must begin with https'],
    [{ STRIPE_API_BASE: 'https://stripe.example/v1' }, 'an address without a path'],
    [{ STRIPE_SECRET_KEY: 'pk_test_abc' }, 'must be a secret or restricted key'],
    [{ STRIPE_WEBHOOK_SECRET: 'whsec_abc,abc' }, 'must be signing secrets'],
  ])('is stripe only with settings that fit: %o is refused in one line', (wrong, problem) => {
    const read = () => readSettings({ ...stripe, ...wrong });
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-setting' }));
    expect(read).toThrow(problem);
  });

  it.each(['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'])('never shows what %s is', (name) => {
    const read = () => readSettings({ ...stripe, [name]: 'a-secret' });
    expect(read).toThrow(`Invalid ${name}: `);
    expect(read).not.toThrow('a-secret');
  });

  it('takes several signing secrets, while one is changed', () => {
    const { STRIPE_WEBHOOK_SECRET } = readSettings({
      ...stripe,
      STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
    });
    expect(STRIPE_WEBHOOK_SECRET).toEqual(['whsec_new', 'whsec_old']);
  });
});
