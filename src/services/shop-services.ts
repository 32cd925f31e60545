// The adapters of a shop: those that are given, and for the shop's own the simulations of the settings. It calls none of them.
import type { FastifyBaseLogger } from 'fastify';
import type { Application } from '../application.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { isTestKey } from '../gateway-settings.ts';
import type { Services } from '../service.ts';
import type { ShopService, ShopServices } from '../shop/services.ts';
import { createWarehouse } from '../shop/warehouse.ts';
import type { SignedFacts } from '../signed-facts.ts';
import { createSimulatedGateway } from './gateway-simulated.ts';
import { httpService } from './http.ts';
import { createMailer } from './mailer.ts';

interface ServiceParts {
  /** The shop, or an application that extends it. */
  readonly application: Pick<Application, 'services' | 'name'>;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
  /** Adapters instead of the simulations, and those of the services that an extension adds. */
  readonly given: Partial<ShopServices> & Services;
}

/** @throws AppError `invalid-setting` for an adapter of a service that the application does not have. */
export const createShopServices = async (parts: ServiceParts): Promise<Services> => {
  const { application, settings, clock, logger, given } = parts;
  refuseUnknown(application, given);
  const replaced: Services = { ...toHttpServices(settings, clock), ...given };
  const isReal = { gateway: settings.PAYMENT_GATEWAY === 'stripe', mailer: settings.SMTP_URL !== '' };
  const simulated = (['gateway', 'mailer'] as const).filter((name) => !replaced[name] && !isReal[name]);
  if (simulated.length === 1) {
    logger.warn({ simulated }, 'some services are replaced, and others are still simulated');
  }
  return {
    ...replaced,
    warehouse: given.warehouse ?? createWarehouse(),
    gateway: replaced['gateway'] ?? (await createGateway(parts)),
    mailer: replaced['mailer'] ?? (await createMailer(settings, clock)),
  };
};

/** Those of the shop's services that the settings put behind a URL. */
const toHttpServices = (settings: Settings, clock: Clock): Services => {
  const { PAYMENT_GATEWAY_URL, PAYMENT_GATEWAY_SECRET, MAILER_URL, MAILER_SECRET } = settings;
  const named = [
    { name: 'gateway', url: PAYMENT_GATEWAY_URL, secret: PAYMENT_GATEWAY_SECRET },
    { name: 'mailer', url: MAILER_URL, secret: MAILER_SECRET },
  ].filter(({ url }) => url !== '');
  return Object.fromEntries(named.map((each) => [each.name, httpService({ ...each, clock })]));
};

const createGateway = async ({ settings, clock }: ServiceParts): Promise<ShopService<'gateway'>> => {
  if (settings.PAYMENT_GATEWAY === 'stripe') {
    // Half a second of loading, for those alone who use it.
    const [{ createStripeGateway }, { createStripeClient }] = await Promise.all([
      import('./gateway-stripe.ts'),
      import('./stripe-client.ts'),
    ]);
    const { CALL_TIMEOUT_MS: timeoutMs, STRIPE_API_BASE: apiBase, STRIPE_SECRET_KEY: secretKey } = settings;
    return createStripeGateway({
      client: createStripeClient({ secretKey, apiBase, timeoutMs }),
      paymentMethod: settings.STRIPE_TEST_PAYMENT_METHOD,
      longestWaitMs: timeoutMs / 2,
      clock,
    });
  }
  return createSimulatedGateway({
    ledgerPath: settings.PAYMENT_LEDGER,
    seed: settings.SEED,
    delayMs: settings.PAYMENT_DELAY_MS,
    declineRate: settings.PAYMENT_DECLINE_RATE,
    timeoutRate: settings.PAYMENT_TIMEOUT_RATE,
    errorRate: settings.PAYMENT_ERROR_RATE,
    clock,
  });
};

/** Undefined where payments are not made at Stripe. */
export const createFacts = async ({
  settings,
  clock,
}: Pick<ServiceParts, 'settings' | 'clock'>): Promise<SignedFacts | undefined> => {
  if (settings.PAYMENT_GATEWAY !== 'stripe') return undefined;
  const { createStripeFacts } = await import('./stripe-facts.ts');
  const isTest = isTestKey(settings.STRIPE_SECRET_KEY);
  return createStripeFacts({ secrets: settings.STRIPE_WEBHOOK_SECRET, isTest, clock });
};

const refuseUnknown = ({ services, name }: ServiceParts['application'], given: Services): void => {
  const unknown = Object.keys(given).filter((each) => !Object.hasOwn(services, each));
  if (unknown.length === 0) return;
  const known = Object.keys(services).join(', ');
  throw new AppError(
    'invalid-setting',
    `The application '${name}' has no service ${unknown.join(', ')}; it has ${known}. Declare it in its 'services'.`,
  );
};
