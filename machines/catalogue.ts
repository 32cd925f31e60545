// The types of a closed union of messages, made from its declarations: the shop's (messages.ts), or that of an application
// that extends the shop. It knows no message.
import type { z } from 'zod';

/** What is declared of messages, by type. */
export type Declarations = Readonly<
  Record<
    string,
    { readonly from: readonly string[]; readonly to: readonly string[]; readonly payload: z.ZodType }
  >
>;
type Payload<D extends Declarations, T extends keyof D> = z.infer<D[T]['payload']>;

/** A message as actors see it: its type and its payload, immutable. Metadata travels in an envelope. */
export type MessageOf<D extends Declarations, T extends keyof D & string = keyof D & string> = {
  [K in T]: Readonly<{ type: K } & (string extends keyof Payload<D, K> ? unknown : Payload<D, K>)>;
}[T];

/** The messages that `A` may receive. */
export type MessageFor<D extends Declarations, A> = {
  [K in keyof D & string]: A extends D[K]['to'][number] ? MessageOf<D, K> : never;
}[keyof D & string];

/** Every actor and service that receives messages. */
export type ReceiverOf<D extends Declarations> = Exclude<D[keyof D]['to'][number], 'journal'>;
