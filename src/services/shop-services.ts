// The services that the shop runs with: those that are given, and for the others the ones that are shipped, made from the
// settings. It calls none of them.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { ShopServices } from '../shop/services.ts';
import { createWarehouse } from '../shop/warehouse.ts';
import { createSimulatedGateway } from './gateway-simulated.ts';
import { createFileMailer } from './mailer-files.ts';

export const createShopServices = async (
  settings: Settings,
  clock: Clock,
  logger: Logger,
  given: Partial<ShopServices>,
): Promise<ShopServices> => {
  const simulated = (['gateway', 'mailer'] as const).filter((name) => given[name] === undefined);
  if (Object.keys(given).length > 0 && simulated.length > 0) {
    logger.warn({ simulated }, 'some services are replaced, and others are still simulated');
  }
  return {
    warehouse: given.warehouse ?? createWarehouse(),
    gateway:
      given.gateway ??
      (await createSimulatedGateway({
        ledgerPath: settings.PAYMENT_LEDGER,
        seed: settings.SEED,
        delayMs: settings.PAYMENT_DELAY_MS,
        declineRate: settings.PAYMENT_DECLINE_RATE,
        timeoutRate: settings.PAYMENT_TIMEOUT_RATE,
        errorRate: settings.PAYMENT_ERROR_RATE,
        clock,
      })),
    mailer:
      given.mailer ??
      (await createFileMailer({
        directory: settings.MAIL_DIR,
        from: settings.MAIL_FROM,
        delayMs: settings.MAIL_DELAY_MS,
        clock,
      })),
  };
};
