// The settings as the charts are told of them.
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config.ts';
import { toPolicy } from '../src/shop/placement.ts';

const policyOf = (given: Record<string, string | number>) => toPolicy(readSettings(given));

describe('the reservation', () => {
  it('lasts as long as the setting says where the money is taken at once', () => {
    expect(policyOf({ RESERVATION_TTL_MS: 20_000 }).reservationTtlMs).toBe(20_000);
  });

  it('lasts until an authorisation has expired where the money is taken later', () => {
    const policy = policyOf({ PAYMENT_CAPTURE: 'later' });
    expect(policy.reservationTtlMs).toBe(
      policy.payWithinMs + policy.authorizationTtlMs + policy.commitWithinMs,
    );
  });

  it('lasts longer still where the setting says so', () => {
    const year = 365 * 86_400_000;
    expect(policyOf({ PAYMENT_CAPTURE: 'later', RESERVATION_TTL_MS: year }).reservationTtlMs).toBe(year);
  });
});
