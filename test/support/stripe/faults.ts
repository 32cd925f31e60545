// What the provider's double does wrong, by rules: which requests, how often, and what. A rule's chance depends on its seed
// and on how many requests it has seen, and on nothing else.
import { z } from 'zod';
import { createRandom } from '../../../src/simulator/random.ts';

const operations = ['create', 'confirm', 'capture', 'cancel', 'refund', 'retrieve', 'list'] as const;
export type Operation = (typeof operations)[number];

const fault = z.discriminatedUnion('kind', [
  /** The bank declines. */
  z.strictObject({ kind: z.literal('decline'), code: z.string() }),
  /** A 500 that is stored for the key: without the effect, or with it. */
  z.strictObject({ kind: z.literal('error'), effect: z.boolean() }),
  /** The connection is cut: without the effect, or with it. */
  z.strictObject({ kind: z.literal('reset'), effect: z.boolean() }),
  /** No answer ever: without the effect, or with it. */
  z.strictObject({ kind: z.literal('silent'), effect: z.boolean() }),
  /** The effect, and an answer that is no JSON. */
  z.strictObject({ kind: z.literal('malformed') }),
  /** No effect, and nothing stored for the key. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int(),
    error: z.record(z.string(), z.unknown()).default({ type: 'api_error' }),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ kind: z.literal('slow'), ms: z.int() }),
]);
export type Fault = z.infer<typeof fault>;

export const faultRules = z.array(
  z.strictObject({
    on: z.array(z.enum(operations)).default([...operations]),
    rate: z.number().min(0).max(1).default(1),
    times: z.int().default(Number.MAX_SAFE_INTEGER),
    seed: z.string().default('double'),
    fault,
  }),
);
export type FaultRules = z.input<typeof faultRules>;

export const createFaults = () => {
  let rules: { rule: z.output<typeof faultRules>[number]; left: number; seen: number }[] = [];
  return {
    set: (given: unknown): void => {
      rules = faultRules.parse(given).map((rule) => ({ rule, left: rule.times, seen: 0 }));
    },
    /** What happens to this request, by the first rule that fits. */
    draw: (operation: Operation): Fault | undefined => {
      for (const each of rules) {
        const { on, rate, seed, fault } = each.rule;
        if (!on.includes(operation) || each.left === 0) continue;
        each.seen += 1;
        if (!createRandom(seed, fault.kind, each.seen).happens(rate)) continue;
        each.left -= 1;
        return fault;
      }
      return undefined;
    },
  };
};
