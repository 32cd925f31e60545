// The settings of what is outside: where payments are made, how mail is sent, and where webhooks may go. Part of config.ts.
import { z } from 'zod';
import { providers } from './gateway-settings.ts';
import {
  duration,
  isLocale,
  isOrderUrl,
  isOrigin,
  list,
  rate,
  serviceUrl,
  signingSecrets,
} from './setting-values.ts';
import { readSmtpUrl } from './smtp-url.ts';

export const providerSettings = {
  PAYMENT_GATEWAY: z
    .enum(providers)
    .default('simulated')
    .describe(
      'which provider takes the payments of new orders; earlier orders stay with theirs. simulated moves no money; left out: http if PAYMENT_GATEWAY_URL is set',
    ),
  STRIPE_SECRET_KEY: z
    .string()
    .default('')
    .refine((key) => key === '' || /^[sr]k_(test|live)_\w+$/.test(key), {
      error: 'must be a secret or restricted key of Stripe, such as sk_test_…',
    })
    .describe('the secret key of the account at Stripe; give it in the environment: a flag can be seen')
    .meta({ secret: true }),
  STRIPE_API_BASE: z
    .string()
    .default('https://api.stripe.com')
    .refine(isOrigin, { error: 'must be an address without a path, such as https://api.stripe.com' })
    .describe("where Stripe's API is"),
  STRIPE_WEBHOOK_SECRET: list
    .refine((secrets) => secrets.every((secret) => /^whsec_[\w+/=]+$/.test(secret)), {
      error: 'must be signing secrets of webhooks, such as whsec_…, with commas between them',
    })
    .describe(
      'the signing secret of the webhook endpoint at Stripe; several with commas between them while it is changed',
    )
    .meta({ secret: true }),
  STRIPE_TEST_PAYMENT_METHOD: z
    .string()
    .default('')
    .refine((method) => /^(pm_\w+)?$/.test(method), { error: 'must be such as pm_card_visa' })
    .describe('what orders that name no payment method are paid with; with test keys alone'),
  PAYMENT_DELAY_MS: duration.default(1000).describe('time the simulated gateway takes to answer'),
  PAYMENT_DECLINE_RATE: rate.default(0.1).describe('share of simulated charges that the bank declines'),
  PAYMENT_TIMEOUT_RATE: rate
    .default(0)
    .describe('share of simulated charges, captures, voids and refunds that take effect but never answer'),
  PAYMENT_ERROR_RATE: rate
    .default(0)
    .describe(
      'share of simulated charges, captures, voids and refunds that fail technically, without effect',
    ),
  PAYMENT_REFUSE_RATE: rate
    .default(0)
    .describe('share of simulated captures, voids and refunds that are refused for good'),
  PAYMENT_ACTION_RATE: rate
    .default(0)
    .describe('share of simulated charges that the customer has to confirm, as with 3-D Secure'),
  PAYMENT_LEDGER: z
    .string()
    .min(1)
    .default('data/gateway.jsonl')
    .describe("the simulated gateway's own ledger file"),
  PAYMENT_CAPTURE: z
    .enum(['at-once', 'later'])
    .default('at-once')
    .describe('take the money with the authorisation, or later by POST /orders/{id}/capture'),
  PAYMENT_GATEWAY_URL: serviceUrl.describe(
    'where a payment gateway of your own takes commands (docs/services.md)',
  ),
  PAYMENT_GATEWAY_SECRET: signingSecrets
    .describe(
      'what signs requests to and from PAYMENT_GATEWAY_URL; several, with commas between them, while they rotate',
    )
    .meta({ secret: true }),
  MAILER_URL: serviceUrl.describe(
    'where a mailer of your own takes commands (docs/services.md); left out: mail is written into MAIL_DIR',
  ),
  MAILER_SECRET: signingSecrets
    .describe('what signs requests to and from MAILER_URL; several likewise')
    .meta({ secret: true }),
  MAIL_DELAY_MS: duration.default(500).describe('time the simulated mail server takes to accept a message'),
  MAIL_DIR: z.string().min(1).default('data/mail').describe('folder that messages are written to'),
  MAIL_FROM: z
    .string()
    .min(3)
    .default('Orderchart <orders@orderchart.example>')
    .describe('sender of every message: an address, or a name and an address in <>'),
  MAIL_LOCALE: z
    .string()
    .default('en')
    .refine(isLocale, { error: 'must be a locale, such as en, de or de-CH' })
    .describe('language of messages and locale of their amounts; en and de are shipped'),
  MAIL_TEMPLATES: z
    .string()
    .default('')
    .describe('folder with the texts of messages, a folder in it for each language; left out: those shipped'),
  PAYMENT_ACTION_URL: z
    .string()
    .default('')
    .refine((text) => text === '' || isOrderUrl(text), {
      error:
        'must be an http or https address with {orderId} where the order belongs, such as https://shop.example/pay?order={orderId}',
    })
    .describe(
      'where customers confirm a payment if their bank wants that, with {orderId} for the order; left out: the message sends them back to the shop',
    ),
  SMTP_URL: z
    .string()
    .default('')
    .refine((text) => text === '' || readSmtpUrl(text) !== undefined, {
      error:
        'must be smtp://HOST or smtps://HOST, with USER:PASSWORD@ before the host and :PORT after it where needed; write special characters of the two as in addresses (@ is %40)',
    })
    .describe('mail server that messages are sent to; left out: they are written to MAIL_DIR')
    .meta({ secret: true }),
  SMTP_CA: z
    .string()
    .default('')
    .describe('PEM file of certificates that vouch for the mail server, beside those that Node trusts'),

  WEBHOOK_ALLOW_PRIVATE: z
    .enum(['0', '1'])
    .default('0')
    .describe(
      '1 lets webhooks (POST /webhooks) be sent to addresses of this machine and of its network, which are refused otherwise',
    ),
};
