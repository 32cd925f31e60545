// Requests for the fuzz: to every operation of the document and to unknown addresses; valid, almost valid, and broken at
// every level down to the bytes. It sends nothing.
import fc from 'fast-check';
import { mostly, pathOf, productIds, queryOf } from './addresses.ts';
import type { ApiDocument, Operation, Parameter } from './document.ts';
import { bodyOf, type Known, textOf } from './values.ts';

/** How the body is framed: as HTTP requires, or broken in one of many ways. */
const framings = [
  'length',
  'chunked',
  'cut-off',
  'cut-chunk',
  'too-long',
  'length-and-chunked',
  'none',
] as const;

export interface FuzzRequest {
  readonly method: string;
  /** `{order:3}` stands for the id of the fourth known order (modulo their number). */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  readonly encoding: 'utf8' | 'latin1' | 'utf16le';
  readonly framing: (typeof framings)[number];
}

const fields: Readonly<Record<string, fc.Arbitrary<string>>> = {
  productId: productIds,
  currency: mostly(fc.constant('USD'), 12, fc.constantFrom('EUR', 'KWD')),
  quantity: mostly(fc.constantFrom('1', '2'), 12, fc.constantFrom('10000')),
  amount: fc.constantFrom('1', '5000', '17500'),
  locale: fc.constantFrom('de', 'en-GB', 'zh-Hant'),
  onHand: fc.constantFrom('0', '50', '1000000'),
  outcome: fc.constantFrom('charged', 'refunded', 'committed', 'discarded'),
};
const known: Known = (name) => fields[name];

type Header = readonly [name: string, value: string];
const headerTexts = fc.constantFrom(
  ...[
    '',
    ' ',
    '*',
    '"',
    '""',
    '"1"',
    'W/"1"',
    '"1","2"',
    '"999"',
    'wait',
    'wait=',
    'wait=0',
    'wait=-1',
    'wait=1e9',
  ],
  ...[
    'respond-async, wait=1',
    'wait=99999999999999999999',
    'wait="1"',
    '\u00e9',
    '\u0000',
    '\u007f',
    '\t',
    'a\u000bb',
  ],
  ...['x'.repeat(255), 'x'.repeat(256), 'x'.repeat(9000), '0', '-1', 'null', '%00', '-'.repeat(1001)],
);
/** Few keys, so that many requests share one. */
const keys = fc.oneof(
  { weight: 5, arbitrary: fc.noBias(fc.nat({ max: 50_000 })).map((number) => `key-${number}`) },
  { weight: 1, arbitrary: fc.noBias(fc.nat({ max: 50 })).map((number) => `"key ${number}"`) },
);
const headerOf = ({ name, required, schema }: Parameter): fc.Arbitrary<readonly Header[]> => {
  const right: Readonly<Record<string, fc.Arbitrary<string>>> = {
    'idempotency-key': keys,
    prefer: fc.constantFrom('wait=0', 'wait=1', 'return=minimal'),
    'if-match': fc.constantFrom('*', '"1"', '"3"', '"6"'),
    'if-none-match': fc.constantFrom('"1"', '"6"', '*'),
  };
  const one = mostly(right[name] ?? textOf(schema), 5, headerTexts).map((value): Header => [name, value]);
  const several = fc.tuple(one, one);
  const given = mostly<readonly Header[]>(
    one.map((header) => [header]),
    14,
    several,
  );
  return fc.option(given, { nil: [], freq: required ? 12 : 1 });
};

const stray: fc.Arbitrary<readonly Header[]> = mostly<readonly Header[]>(
  fc.constant([]),
  12,
  fc
    .constantFrom<Header>(
      ['content-encoding', 'gzip'],
      ['content-encoding', 'identity'],
      ['expect', '100-continue'],
      ['expect', 'the unexpected'],
      ['accept', 'application/xml'],
      ['accept', '*/*;q=0'],
      ['x-request-id', '01900000-0000-7000-8000-000000000175'],
      ['x-request-id', '{}'],
      ['upgrade', 'h2c'],
      ['host', 'evil.example'],
      ['x-http-method-override', 'DELETE'],
      ['origin', 'null'],
      ['range', 'bytes=0-1'],
      ['cookie', `a=${'b'.repeat(4000)}`],
      ['x-long', 'z'.repeat(17_000)],
      ['bad name', 'x'],
      ['', 'no name'],
      ['transfer-encoding', 'gzip'],
    )
    .map((header) => [header]),
);
const contentTypes = mostly(
  fc.constant<readonly Header[]>([['content-type', 'application/json']]),
  14,
  fc.constant([]),
  fc
    .constantFrom(
      ...[
        'application/json; charset=utf-8',
        'application/json;charset=utf-16',
        'APPLICATION/JSON',
        'text/plain',
      ],
      ...[
        'application/problem+json',
        'application/xml',
        'multipart/form-data; boundary=x',
        '///',
        '',
        ' ',
        'json',
      ],
      ...['application/json, application/json', 'application/json; a="', 'application/x-www-form-urlencoded'],
    )
    .map((value): readonly Header[] => [['content-type', value]]),
);

const methods = fc.constantFrom(
  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'QUERY',
    'get',
    'FOO',
    '',
  ],
);

const requestOf = (operation: Operation): fc.Arbitrary<FuzzRequest> => {
  const body =
    operation.body === undefined
      ? mostly<string | undefined>(fc.constant(undefined), 20, fc.constant('{}'))
      : mostly<string | undefined>(bodyOf(operation.body.schema, known), 20, fc.constant(undefined));
  const declared = operation.parameters.filter((parameter) => parameter.in === 'header').map(headerOf);
  return fc
    .record({
      method: mostly(fc.constant(operation.method), 20, methods),
      path: mostly(
        pathOf(operation),
        20,
        pathOf(operation).map((path) => `${path}/`),
        pathOf(operation).map((path) => `/${path}`),
      ),
      query: queryOf(operation.parameters),
      headers: fc.tuple(contentTypes, stray, ...declared),
      body,
      encoding: mostly<FuzzRequest['encoding']>(
        fc.constant('utf8'),
        20,
        fc.constantFrom('latin1', 'utf16le'),
      ),
      framing: mostly<FuzzRequest['framing']>(fc.constant('length'), 12, fc.constantFrom(...framings)),
    })
    .map(({ path, query, headers, ...rest }) => ({
      ...rest,
      target: `${path}${query}`,
      headers: headers.flat(),
    }));
};

const elsewhere: fc.Arbitrary<FuzzRequest> = fc
  .constantFrom(
    ...[
      '*',
      '',
      'http://evil.example/orders',
      '//orders',
      '/orders//',
      '/.env',
      '/docs',
      '/docs/',
      '/docs/static/..%2f..%2f',
    ],
    ...[
      '/favicon.ico',
      '/orders/{order:0}/stream/x',
      '/ORDERS',
      '/%6frders',
      '/orders%20',
      `/${'a'.repeat(9000)}`,
      '/%',
    ],
  )
  .chain((target) =>
    fc.record({
      method: mostly(fc.constant('GET'), 2, methods),
      target: fc.constant(target),
      headers: fc.tuple(contentTypes, stray).map((headers) => headers.flat()),
      body: fc.constant(undefined),
      encoding: fc.constant('utf8' as const),
      framing: fc.constant('length' as const),
    }),
  );

/** Any request, with more weight on those that change something. */
export const requestsFor = ({ operations }: ApiDocument): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(
    ...operations.map((operation) => ({
      weight:
        operation.path === '/orders' && operation.method === 'POST' ? 55 : operation.method === 'GET' ? 2 : 6,
      arbitrary: requestOf(operation),
    })),
    { weight: 6, arbitrary: elsewhere },
  );
