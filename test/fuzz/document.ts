// The OpenAPI document for the fuzz: the operations with their requests and responses. It knows only what GET
// /openapi.json returns.
import { z } from 'zod';

export type Schema = z.core.JSONSchema.JSONSchema;
const schemaShape = z.custom<Schema>((value) => typeof value === 'object' && value !== null);
const media = z.record(z.string(), z.object({ schema: schemaShape }));
const documentShape = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(
            z.object({
              name: z.string(),
              in: z.enum(['path', 'query', 'header']),
              required: z.boolean().default(false),
              schema: schemaShape,
            }),
          )
          .default([]),
        requestBody: z.object({ content: media }).optional(),
        responses: z.record(z.string(), z.object({ content: media.optional() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), schemaShape) }),
});

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

/** Why a text does not match its schema; undefined if it does. */
type Check = (text: string) => string | undefined;

export interface Operation {
  readonly method: string;
  /** As in the document: `/orders/{id}/cancel`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly schema: Schema; readonly check: Check } | undefined;
  /** By status, then by media type. A status without content has no body. */
  readonly answers: ReadonlyMap<number, ReadonlyMap<string, Check>>;
}

export interface ApiDocument {
  readonly operations: readonly Operation[];
  /** The operation of a request line, if the document has it. */
  find(method: string, pathname: string): Operation | undefined;
  /** Whether any operation has this path. */
  knows(pathname: string): boolean;
  /** Whether a text is a problem: its `type` is in the closed list. */
  readonly checkProblem: Check;
}

/** @throws ZodError if `json` is not such a document. */
export const readDocument = (json: unknown): ApiDocument => {
  const { paths, components } = documentShape.parse(json);
  const toCheck = createCompiler(components.schemas);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses }]): Operation => {
      const schema = requestBody?.content['application/json']?.schema;
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        body: schema && { schema, check: toCheck('application/json', schema) },
        answers: new Map(
          Object.entries(responses).map(([status, { content = {} }]) => [
            Number(status),
            new Map(
              Object.entries(content).map(([type, { schema: of }]) => [type, toCheck(type, of)] as const),
            ),
          ]),
        ),
      };
    }),
  );
  const templates = operations.map((operation) => ({ operation, pattern: toPattern(operation.path) }));
  const problem = components.schemas['Problem'];
  if (problem === undefined) throw new Error('the document has no schema of a problem');
  return {
    operations,
    find: (method, pathname) => {
      const fitting = templates.filter(({ pattern }) => pattern.test(pathname));
      // `/orders/stream` is not an order called "stream": fewer parameters come first, as in a router.
      const sorted = fitting.toSorted((a, b) => countParameters(a.operation) - countParameters(b.operation));
      return sorted.find(({ operation }) => operation.method === method)?.operation;
    },
    knows: (pathname) => templates.some(({ pattern }) => pattern.test(pathname)),
    checkProblem: toCheck('application/problem+json', problem),
  };
};

const countParameters = ({ path }: Operation): number => path.split('{').length;

const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);

/** Checks texts against schemas of the document, which may refer to its components. */
const createCompiler = (components: Readonly<Record<string, Schema>>) => {
  // Most answers are problems, and compiling the same check a hundred times takes seconds.
  const made = new Map<string, Check>();
  return (mediaType: string, schema: Schema): Check => {
    if (!mediaType.endsWith('json')) return () => undefined;
    const text = JSON.stringify({ ...schema, $defs: components });
    const check = made.get(text) ?? compile(text);
    made.set(text, check);
    return check;
  };
};

const compile = (text: string): Check => {
  const schema: Schema = JSON.parse(
    text
      .replaceAll('#/components/schemas/', '#/$defs/')
      // zod makes patterns without the flag `u`, in which this would mean five letters.
      .replaceAll('\\\\p{Cc}', '\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f'),
  );
  const compiled = z.fromJSONSchema(schema);
  return (value) => {
    try {
      const { error } = compiled.safeParse(JSON.parse(value));
      const [issue] = error?.issues ?? [];
      return issue && `${issue.path.join('/') || 'it'}: ${issue.message}`;
    } catch {
      return 'it is not JSON';
    }
  };
};
