// The adapters of a shop: those that are given, and for the shop's own the simulations of the settings. It calls none of them.
import type { FastifyBaseLogger } from 'fastify';
import type { Application } from '../application.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { hasProvider, isTestKey } from '../gateway-settings.ts';
import type { Service, Services } from '../service.ts';
import type { ProvidersInUse } from '../shop/providers.ts';
import type { AnyGateway, CustomerActions, ShopServices } from '../shop/services.ts';
import { createWarehouse } from '../shop/warehouse.ts';
import type { SignedFacts } from '../signed-facts.ts';
import { createGatewayByProvider } from './gateway-by-provider.ts';
import { createSimulatedGateway } from './gateway-simulated.ts';
import { httpService } from './http.ts';
import { createMailer } from './mailer.ts';
import type { StripeClient } from './stripe-client.ts';

interface ServiceParts {
  /** The shop, or an application that extends it. */
  readonly application: Pick<Application, 'services' | 'name'>;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
  /** Adapters instead of the simulations, and those of the services that an extension adds. */
  readonly given: Partial<ShopServices> & Services;
  readonly providers: ProvidersInUse;
}

/** @throws AppError `invalid-setting` for an adapter of a service that the application does not have. */
export const createShopServices = async (
  parts: ServiceParts,
): Promise<Services & { readonly gateway: Service & CustomerActions }> => {
  const { application, settings, clock, logger, given } = parts;
  refuseUnknown(application, given);
  const replaced: Services = { ...toHttpMailer(settings, clock), ...given };
  const isReal = { gateway: settings.PAYMENT_GATEWAY !== 'simulated', mailer: settings.SMTP_URL !== '' };
  const simulated = (['gateway', 'mailer'] as const).filter((name) => !replaced[name] && !isReal[name]);
  if (simulated.length === 1) {
    logger.warn({ simulated }, 'some services are replaced, and others are still simulated');
  }
  const gateway = given.gateway ?? (await createGateway(parts));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => closeServices({ gateway }, given));
  const mailer = replaced['mailer'] ?? (await createMailer(settings, clock));
  opened.move();
  return { ...replaced, warehouse: given.warehouse ?? createWarehouse(), gateway, mailer };
};

/** Closes those that were made here: a start that fails leaves nothing open. */
export const closeServices = async (services: Services, given: Services): Promise<void> => {
  const made = Object.entries(services).filter(([name, service]) => given[name] !== service);
  await Promise.all(made.map(([, service]) => service.close?.()));
};

const toHttpMailer = ({ MAILER_URL: url, MAILER_SECRET: secret }: Settings, clock: Clock): Services =>
  url === '' ? {} : { mailer: httpService({ name: 'mailer', url, secret, clock }) };

/** Those of the providers that orders can be with, and that the settings have. */
const createGateway = async (parts: ServiceParts): Promise<AnyGateway> => {
  const { providers, settings } = parts;
  const names = providers.names.filter((name) => hasProvider(settings, name));
  const adapters = new Map<string, AnyGateway>();
  for (const name of names) adapters.set(name, await createAdapter(name, parts));
  return createGatewayByProvider({ adapters, unnamed: providers.unnamed });
};

const createAdapter = async (name: string, { settings, clock }: ServiceParts): Promise<AnyGateway> => {
  switch (name) {
    case 'stripe':
      return createStripe(settings, clock);
    case 'http': {
      const { PAYMENT_GATEWAY_URL: url, PAYMENT_GATEWAY_SECRET: secret } = settings;
      return httpService({ name: 'gateway', url, secret, clock });
    }
    default:
      return createSimulatedGateway({
        ledgerPath: settings.PAYMENT_LEDGER,
        seed: settings.SEED,
        // Orders from before a switch do not wait for a show, which may be longer than the calls of others may take.
        delayMs: settings.PAYMENT_GATEWAY === 'simulated' ? settings.PAYMENT_DELAY_MS : 0,
        declineRate: settings.PAYMENT_DECLINE_RATE,
        timeoutRate: settings.PAYMENT_TIMEOUT_RATE,
        errorRate: settings.PAYMENT_ERROR_RATE,
        refuseRate: settings.PAYMENT_REFUSE_RATE,
        actionRate: settings.PAYMENT_ACTION_RATE,
        clock,
      });
  }
};

const createClient = async (settings: Settings): Promise<StripeClient> => {
  const { CALL_TIMEOUT_MS: timeoutMs, STRIPE_API_BASE: apiBase, STRIPE_SECRET_KEY: secretKey } = settings;
  // Half a second of loading, for those alone who use it.
  const { createStripeClient } = await import('./stripe-client.ts');
  return createStripeClient({ secretKey, apiBase, timeoutMs });
};

const createStripe = async (settings: Settings, clock: Clock): Promise<AnyGateway> => {
  const { createStripeGateway } = await import('./gateway-stripe.ts');
  return createStripeGateway({
    client: await createClient(settings),
    testPaymentMethod: settings.STRIPE_TEST_PAYMENT_METHOD || undefined,
    longestWaitMs: settings.CALL_TIMEOUT_MS / 2,
    clock,
  });
};

/** Undefined where no payments are at Stripe. */
export const createFacts = async ({
  settings,
  clock,
}: Pick<ServiceParts, 'settings' | 'clock'>): Promise<SignedFacts | undefined> => {
  if (!hasProvider(settings, 'stripe')) return undefined;
  const { createStripeFacts } = await import('./stripe-facts.ts');
  return createStripeFacts({
    ...{ secrets: settings.STRIPE_WEBHOOK_SECRET, isTest: isTestKey(settings.STRIPE_SECRET_KEY), clock },
    api: (await createClient(settings)).api,
  });
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
