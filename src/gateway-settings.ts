// Which providers the settings have, and whether what is set of each is whole. It names settings, and never the secrets in them.

/** What new orders can be paid with, and what orders from before a switch still need. */
export const providers = ['simulated', 'stripe', 'http'] as const;
export type Provider = (typeof providers)[number];

export interface GatewaySettings {
  readonly PAYMENT_GATEWAY: Provider;
  readonly PAYMENT_GATEWAY_URL: string;
  readonly STRIPE_SECRET_KEY: string;
  readonly STRIPE_API_BASE: string;
  readonly STRIPE_WEBHOOK_SECRET: readonly string[];
  readonly STRIPE_TEST_PAYMENT_METHOD: string;
}

/** The provider of orders that are paid by a gateway which was given in code. */
export const ownProvider = 'own';

/** What to do so that orders of a provider go on. */
export const describeProvider = (provider: string): string => {
  switch (provider) {
    case 'stripe':
      return 'set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET';
    case 'http':
      return 'set PAYMENT_GATEWAY_URL and PAYMENT_GATEWAY_SECRET';
    case ownProvider:
      return "it is a gateway of the program's own, given as services.gateway";
    default:
      return 'this release does not know it';
  }
};

/** Whether a key of Stripe moves no real money. */
export const isTestKey = (key: string): boolean => /^[sr]k_test_/.test(key);

/** The simulation needs no setting: a ledger is there, or a new one is begun. */
export const hasProvider = (
  settings: Pick<GatewaySettings, 'STRIPE_SECRET_KEY' | 'PAYMENT_GATEWAY_URL'>,
  provider: string,
): boolean => {
  switch (provider) {
    case 'simulated':
      return true;
    case 'stripe':
      return settings.STRIPE_SECRET_KEY !== '';
    case 'http':
      return settings.PAYMENT_GATEWAY_URL !== '';
    default:
      return false;
  }
};

/** What is missing or contradictory, in one line. */
export const findGatewayProblem = (settings: GatewaySettings): string | undefined => {
  const { PAYMENT_GATEWAY, STRIPE_SECRET_KEY } = settings;
  if (!hasProvider(settings, PAYMENT_GATEWAY)) {
    const missing = PAYMENT_GATEWAY === 'stripe' ? 'STRIPE_SECRET_KEY' : 'PAYMENT_GATEWAY_URL';
    return `PAYMENT_GATEWAY=${PAYMENT_GATEWAY} needs ${missing}.`;
  }
  return STRIPE_SECRET_KEY === '' ? findStrayOfStripe(settings) : findStripeProblem(settings);
};

/** Without a key, nothing else of Stripe has a meaning: it was forgotten, or should have been removed. */
const findStrayOfStripe = (settings: GatewaySettings): string | undefined => {
  const stray = settings.STRIPE_WEBHOOK_SECRET.length > 0 ? 'STRIPE_WEBHOOK_SECRET' : undefined;
  const method = settings.STRIPE_TEST_PAYMENT_METHOD === '' ? undefined : 'STRIPE_TEST_PAYMENT_METHOD';
  const found = stray ?? method;
  return found && `${found} is set without STRIPE_SECRET_KEY: set that, too, or leave both out.`;
};

const findStripeProblem = (settings: GatewaySettings): string | undefined => {
  const { STRIPE_SECRET_KEY, STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET, STRIPE_TEST_PAYMENT_METHOD } = settings;
  if (STRIPE_WEBHOOK_SECRET.length === 0) {
    return 'STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET: the signing secret of the endpoint /webhooks/stripe.';
  }
  if (!isTestKey(STRIPE_SECRET_KEY) && STRIPE_TEST_PAYMENT_METHOD !== '') {
    return 'STRIPE_TEST_PAYMENT_METHOD is for test keys alone, and STRIPE_SECRET_KEY is a live key.';
  }
  return findOpenTransport(STRIPE_API_BASE);
};

/** What is beyond this machine would see the key. */
export const findOpenTransport = (apiBase: string): string | undefined => {
  const { protocol, hostname } = new URL(apiBase);
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
    ? `STRIPE_API_BASE=${apiBase} must begin with https: the key would travel openly.`
    : undefined;
};
