// What a tab and the worker that all tabs share say to each other.
import type { Target } from './live-hub.ts';

export type ToWorker =
  | { readonly kind: 'join'; readonly id: number; readonly target: Target; readonly address: string }
  | { readonly kind: 'leave'; readonly id: number }
  /** The tab is closed, or put away. */
  | { readonly kind: 'bye' }
  /** The answer to `ping`. */
  | { readonly kind: 'here' };

export type FromWorker =
  | { readonly kind: 'event'; readonly id: number; readonly event: string; readonly data: string }
  | { readonly kind: 'ping' }
  /** The tab was silent for so long that it was forgotten: it has to join again. */
  | { readonly kind: 'forgotten' };
