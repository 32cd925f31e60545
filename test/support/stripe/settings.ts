// The settings of a service that makes its payments at the provider's double, and tries again soon.
import { type StripeDouble, secretKey } from './open-double.ts';

export const webhookSecret = 'whsec_double';

export const settingsFor = (double: StripeDouble): Readonly<Record<string, string>> => ({
  PAYMENT_GATEWAY: 'stripe',
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_API_BASE: double.url,
  STRIPE_WEBHOOK_SECRET: `whsec_before,${webhookSecret}`,
  STRIPE_TEST_PAYMENT_METHOD: 'pm_card_visa',
  MAIL_DELAY_MS: '0',
  RETRY_FIRST_DELAY_MS: '50',
  RETRY_LONGEST_DELAY_MS: '500',
  CALL_TIMEOUT_MS: '1000',
  POLL_MS: '50',
});
