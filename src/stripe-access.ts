// How a command reaches the account at Stripe: the key and the address, from the environment alone.
import { AppError } from './errors.ts';
import { findOpenTransport } from './gateway-settings.ts';
import { providerSettings } from './provider-settings.ts';

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
