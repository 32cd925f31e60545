// How a route's answers are written down: content types and the problems that it can answer, grouped by
// status. It never answers anything. So every route documents its 4xx.
import type { z } from 'zod';
import { type ProblemCode, problemKinds } from './problems.ts';
import { problem } from './schemas.ts';

/** An answer with a content type of its own. */
export const content = <Schema extends z.ZodType>(description: string, type: string, schema: Schema) => ({
  description,
  content: { [type]: { schema } },
});

/** JSON, with a description. */
export const json = <Schema extends z.ZodType>(description: string, schema: Schema) =>
  content(description, 'application/json', schema);

type ProblemAnswer = ReturnType<typeof content<typeof problem>>;

/** What a route that takes a body and stores something can answer, whatever it is for. */
export const bodyProblems = [
  'body-too-large',
  'unsupported-media-type',
  'overloaded',
  'store-unavailable',
] as const;

/** The problems that a route can answer, by status. */
export const problems = (...codes: readonly ProblemCode[]): Record<number, ProblemAnswer> => {
  const everywhere: ProblemCode[] = [
    'invalid-request',
    'key-required',
    'keys-needed-first',
    'scope-missing',
    'rate-limited',
    'unknown-host',
    'precondition-failed',
    'request-timeout',
    'address-too-long',
    'headers-too-large',
    'internal-error',
    'closing',
    'overloaded',
  ];
  // Whatever takes a body changes something, and is looked through for numbers of cards.
  const takesBody = codes.includes('unsupported-media-type');
  const ofWrites: ProblemCode[] = takesBody ? ['foreign-origin', 'card-number'] : [];
  const byStatus = Map.groupBy(
    [...new Set([...codes, ...ofWrites, ...everywhere])],
    (code) => problemKinds[code].status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [
      status,
      content(kinds.map((code) => `\`${code}\``).join(', '), 'application/problem+json', problem),
    ]),
  );
};
