// Settings that are right alone and wrong together. It reads no environment.
import { AppError } from './errors.ts';
import { findGatewayProblem, type GatewaySettings } from './gateway-settings.ts';

interface Conflicting extends GatewaySettings {
  readonly PAYMENT_GATEWAY_SECRET: readonly string[];
  readonly MAILER_URL: string;
  readonly MAILER_SECRET: readonly string[];
  readonly PAYMENT_DELAY_MS: number;
  readonly MAIL_DELAY_MS: number;
  readonly CALL_TIMEOUT_MS: number;
}

/** @throws AppError `invalid-setting`, one line that names the setting and what it does not go with. */
export const refuseConflicts = (settings: Conflicting): void => {
  refuseUnsignedServices(settings);
  refuseSlowServices(settings);
  const problem = findGatewayProblem(settings);
  if (problem !== undefined) throw new AppError('invalid-setting', problem);
};

/** Nothing is sent to a service, or taken from it, without a signature. */
const refuseUnsignedServices = (settings: Conflicting): void => {
  for (const name of ['PAYMENT_GATEWAY', 'MAILER'] as const) {
    const [hasUrl, hasSecret] = [settings[`${name}_URL`] !== '', settings[`${name}_SECRET`].length > 0];
    if (hasUrl === hasSecret) continue;
    const [given, missing] = hasUrl ? ['URL', 'SECRET'] : ['SECRET', 'URL'];
    throw new AppError('invalid-setting', `Invalid ${name}_${given}: it needs ${name}_${missing}, too`);
  }
};

/** An answer that takes longer than the call's timeout is never read. */
const refuseSlowServices = (settings: Conflicting): void => {
  const ofGateway = settings.PAYMENT_GATEWAY === 'simulated' ? (['PAYMENT_DELAY_MS'] as const) : [];
  for (const name of [...ofGateway, 'MAIL_DELAY_MS'] as const) {
    if (settings[name] < settings.CALL_TIMEOUT_MS) continue;
    const problem = `must be below CALL_TIMEOUT_MS=${settings.CALL_TIMEOUT_MS}`;
    throw new AppError('invalid-setting', `Invalid ${name}=${settings[name]}: it ${problem}`);
  }
};
