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
    [{ STRIPE_WEBHOOK_SECRET: '' }, 'STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET'],
    [{ PAYMENT_GATEWAY: 'http' }, 'PAYMENT_GATEWAY=http needs PAYMENT_GATEWAY_URL.'],
    [
      { PAYMENT_GATEWAY: 'simulated', STRIPE_SECRET_KEY: '' },
      'STRIPE_WEBHOOK_SECRET is set without STRIPE_SECRET_KEY',
    ],
    [
      { PAYMENT_GATEWAY: 'simulated', STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' },
      'STRIPE_TEST_PAYMENT_METHOD is set without STRIPE_SECRET_KEY',
    ],
    [{ PAYMENT_GATEWAY: 'simulated', STRIPE_API_BASE: 'http://stripe.example' }, 'must begin with https'],
    [{ STRIPE_SECRET_KEY: 'sk_live_abc' }, 'STRIPE_TEST_PAYMENT_METHOD is for test keys alone'],
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

  it('names the provider of new orders alone: an earlier one stays set for its open orders', () => {
    const url = {
      PAYMENT_GATEWAY_URL: 'https://pay.example',
      PAYMENT_GATEWAY_SECRET: `whsec_${'A'.repeat(32)}`,
    };
    for (const PAYMENT_GATEWAY of ['simulated', 'http', 'stripe']) {
      expect(readSettings({ ...stripe, ...url, PAYMENT_GATEWAY }).PAYMENT_GATEWAY).toBe(PAYMENT_GATEWAY);
    }
  });

  it('is a gateway of one’s own where its address is all that is said', () => {
    const url = {
      PAYMENT_GATEWAY_URL: 'https://pay.example',
      PAYMENT_GATEWAY_SECRET: `whsec_${'A'.repeat(32)}`,
    };
    expect(readSettings(url).PAYMENT_GATEWAY).toBe('http');
  });

  it('takes a live key, and a test key without a payment method for all', () => {
    const without = { ...stripe, STRIPE_TEST_PAYMENT_METHOD: '' };
    expect(readSettings(without).STRIPE_TEST_PAYMENT_METHOD).toBe('');
    expect(readSettings({ ...without, STRIPE_SECRET_KEY: 'rk_live_abc' }).PAYMENT_GATEWAY).toBe('stripe');
  });

  it('takes several signing secrets, while one is changed', () => {
    const { STRIPE_WEBHOOK_SECRET } = readSettings({
      ...stripe,
      STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
    });
    expect(STRIPE_WEBHOOK_SECRET).toEqual(['whsec_new', 'whsec_old']);
  });
});
