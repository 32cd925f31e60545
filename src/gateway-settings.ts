// Whether the settings of the payment gateway fit together. It names settings, and never the secrets in them.
import { isThisMachine } from './callers.ts';
import { AppError } from './errors.ts';
import { providerSettings } from './provider-settings.ts';

export interface GatewaySettings {
  readonly PAYMENT_GATEWAY: 'simulated' | 'stripe';
  readonly STRIPE_SECRET_KEY: string;
  readonly STRIPE_API_BASE: string;
  readonly STRIPE_WEBHOOK_SECRET: readonly string[];
  readonly STRIPE_TEST_PAYMENT_METHOD: string;
}

/** Whether a key of Stripe moves no real money. */
export const isTestKey = (key: string): boolean => /^[sr]k_test_/.test(key);

/** What is missing or contradictory, in one line. */
export const findGatewayProblem = (settings: GatewaySettings): string | undefined => {
  const { PAYMENT_GATEWAY, STRIPE_SECRET_KEY, STRIPE_API_BASE } = settings;
  const { STRIPE_WEBHOOK_SECRET, STRIPE_TEST_PAYMENT_METHOD } = settings;
  if (PAYMENT_GATEWAY === 'simulated') {
    return STRIPE_SECRET_KEY === ''
      ? undefined
      : 'STRIPE_SECRET_KEY is set, and PAYMENT_GATEWAY is simulated: set PAYMENT_GATEWAY=stripe, or leave the key out.';
  }
  if (STRIPE_SECRET_KEY === '') return 'PAYMENT_GATEWAY=stripe needs STRIPE_SECRET_KEY.';
  if (STRIPE_WEBHOOK_SECRET.length === 0) {
    return 'PAYMENT_GATEWAY=stripe needs STRIPE_WEBHOOK_SECRET: the signing secret of the endpoint /webhooks/stripe.';
  }
  if (!isTestKey(STRIPE_SECRET_KEY)) {
    return STRIPE_TEST_PAYMENT_METHOD === ''
      ? 'STRIPE_SECRET_KEY is a live key, and orders cannot name a payment method yet: use a test key with STRIPE_TEST_PAYMENT_METHOD.'
      : 'STRIPE_TEST_PAYMENT_METHOD is for test keys alone, and STRIPE_SECRET_KEY is a live key.';
  }
  if (STRIPE_TEST_PAYMENT_METHOD === '') {
    return 'PAYMENT_GATEWAY=stripe needs STRIPE_TEST_PAYMENT_METHOD, such as pm_card_visa, because orders cannot name a payment method yet.';
  }
  return findOpenTransport(STRIPE_API_BASE);
};

/** What is beyond this machine would see the key. */
const findOpenTransport = (apiBase: string): string | undefined => {
  const { protocol, hostname } = new URL(apiBase);
  return protocol === 'http:' && !isThisMachine(hostname.replace(/^\[(.*)\]$/, '$1'))
    ? `STRIPE_API_BASE=${apiBase} must begin with https: the key would travel openly.`
    : undefined;
};

/**
 * What a command needs that reads the account at Stripe, and nothing else of the service's settings.
 * @throws AppError `invalid-setting`.
 */
export const readStripeAccess = (
  environment: Readonly<Record<string, string | undefined>>,
): { readonly secretKey: string; readonly apiBase: string } => {
  const read = (name: 'STRIPE_SECRET_KEY' | 'STRIPE_API_BASE'): string => {
    const checked = providerSettings[name].safeParse(environment[name] || undefined);
    if (checked.success) return checked.data;
    throw new AppError('invalid-setting', `Invalid ${name}: ${checked.error.issues[0]?.message}`);
  };
  const [secretKey, apiBase] = [read('STRIPE_SECRET_KEY'), read('STRIPE_API_BASE')];
  const problem =
    secretKey === ''
      ? 'Set STRIPE_SECRET_KEY in the environment, as for the service: the account at Stripe is read with it.'
      : findOpenTransport(apiBase);
  if (problem !== undefined) throw new AppError('invalid-setting', problem);
  return { secretKey, apiBase };
};
