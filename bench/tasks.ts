// What a measured process can be told to do, as data that survives a command line. It does nothing itself; it
// exists so that the parts (which plan) and the measured process (which does) agree.
import { z } from 'zod';

const count = z.int().positive();
const path = z.string();
const settings = z.record(z.string(), z.union([z.string(), z.number()])).optional();

export const task = z.discriminatedUnion('do', [
  /** Runs orders through the host in this process. */
  z.strictObject({
    do: z.literal('run'),
    path,
    settings,
    inFlight: count,
    orders: count,
    warmUp: z.int().nonnegative(),
    rounds: count,
    /** Counts commits and statements, which costs time. */
    counted: z.boolean().optional(),
    /** How long the gateway takes. */
    paymentMs: count.optional(),
    /** Each order is for one unit of one of so many products, in turn. Left out: all are the sample order. */
    products: count.optional(),
    /** Settled orders that are in the store already. */
    before: z.int().nonnegative().optional(),
  }),
  /** One node over PostgreSQL: runs so many orders whenever it is told a number, and reports; `stop` ends it. */
  z.strictObject({
    do: z.literal('node'),
    url: z.string(),
    settings,
    inFlight: count,
    products: count.optional(),
  }),
  /** Listens, and reports what it used between `begin` and `end`. */
  z.strictObject({ do: z.literal('serve'), path, before: z.int().nonnegative().optional() }),
  /** Places orders over HTTP, and sees on an event stream (or waits in the request until) they are settled. */
  z.strictObject({
    do: z.literal('drive'),
    port: count,
    inFlight: count,
    orders: count,
    warmUp: z.int().nonnegative(),
    how: z.enum(['stream', 'wait']),
  }),
  /** Asks for `GET /orders` with every filter. */
  z.strictObject({ do: z.literal('list'), port: count, times: count }),
  /** The same charts under plain XState. */
  z.strictObject({ do: z.literal('plain'), inFlight: count, orders: count, warmUp: z.int(), rounds: count }),
  /** Flushes one page after another. */
  z.strictObject({ do: z.literal('flush'), path, times: count }),
  /** Lets orders wait for a capture for days. */
  z.strictObject({ do: z.literal('park'), path, orders: count, warmUp: count }),
  /** Places orders whose payment is never answered, and waits to be killed. */
  z.strictObject({ do: z.literal('strand'), path, orders: count }),
  /** Starts over what `strand` left. */
  z.strictObject({ do: z.literal('resume'), path, orders: count }),
  /** Fills a file with copies of settled orders. */
  z.strictObject({ do: z.literal('fill'), path, orders: count }),
]);

export type Task = z.infer<typeof task>;
export type TaskOf<Name extends Task['do']> = Extract<Task, { do: Name }>;
