// The mistakes that a caller can make, as one closed list of codes. Domain outcomes are messages, not
// errors; whatever else is thrown is a bug. src/api/edge/problems.ts is the one place that turns codes into HTTP.

export const errorCodes = [
  'invalid-request',
  'card-number',
  'unknown-host',
  'foreign-origin',
  'key-required',
  'scope-missing',
  'signature-invalid',
  'keys-needed-first',
  'key-not-found',
  'webhook-not-found',
  'service-not-found',
  'incident-not-found',
  'incident-closed',
  'rate-limited',
  'refund-cap-reached',
  'too-many-notes',
  'idempotency-key-missing',
  'idempotency-key-in-use',
  'idempotency-key-reused',
  'reference-in-use',
  'order-not-found',
  'product-not-found',
  'unknown-product',
  'price-mismatch',
  'currency-mismatch',
  'total-mismatch',
  'total-below-zero',
  'stock-below-held',
  'stock-not-set',
  'product-off-sale',
  'product-changed',
  'precondition-required',
  'move-not-allowed',
  'no-payment-action',
  'provider-unavailable',
  'version-mismatch',
  'precondition-failed',
  'order-unreadable',
  'cursor-unknown',
  'overloaded',
  'busy',
  'replay-unfinished',
  'refund-limit-reached',
  'closing',
  'store-unavailable',
  'store-in-use',
  'store-unsupported',
  'chart-unsupported',
  'charts-missing',
  'provider-missing',
  'local-socket-unusable',
  'service-failed',
  'invalid-setting',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A caller's mistake (or a refusal that the caller can act on): `code` for programs, `message` for people. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Machine-readable extras for the answer, such as the open moves. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** What a log line may say of an error: its message alone, which for ours never holds personal data. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
