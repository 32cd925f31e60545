// Addresses for the fuzz: paths and queries of the document's operations with existing names, hostile names, and escapes
// of every kind. It knows nothing of bodies.
import fc from 'fast-check';
import type { Operation, Parameter } from './document.ts';
import { textOf } from './values.ts';

/** `usual` with this weight, and each of the others with weight 1. */
export const mostly = <T>(
  usual: fc.Arbitrary<T>,
  weight: number,
  ...others: fc.Arbitrary<T>[]
): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));

export const productIds = mostly(
  fc.constantFrom('product-1', 'product-2', 'product-3'),
  12,
  fc.constantFrom('fuzz-1', 'fuzz-2', 'nothing'),
);
const segments = fc.constantFrom(
  ...[
    '%00',
    '%0a',
    '%zz',
    '%',
    '%ed%a0%80',
    '..',
    '.',
    '%2e%2e%2f',
    '%2F',
    '%25',
    '%c3%a9',
    'é',
    '*',
    ' ',
    '\t',
    '',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    ';a=b',
    '{id}',
    "'",
    '"',
    '\\',
    '%F0%9F%9B%92',
    '#',
    '?',
    '%3f',
    '0',
  ],
  ...['a'.repeat(200), 'a'.repeat(201), 'a'.repeat(601), '%61'.repeat(201), 'stream', 'order.created', '1'],
);
const orderIds = fc.nat({ max: 40 }).map((which) => `{order:${which}}`);
const someId = (path: string, method: string): fc.Arbitrary<string> => {
  if (path.startsWith('/orders')) return orderIds;
  if (path.startsWith('/problems')) return fc.constantFrom('overloaded', 'invalid-request', 'nothing');
  if (path.startsWith('/schemas')) return fc.constantFrom('order.created', 'payment.failed', '1', '2');
  if (path.startsWith('/services')) return fc.constantFrom('gateway', 'mailer', 'warehouse', 'nobody');
  return method === 'PUT' ? mostly(fc.constantFrom('fuzz-1', 'fuzz-2', 'fuzz-3'), 5, productIds) : productIds;
};

export const pathOf = ({ path, method }: Operation): fc.Arbitrary<string> => {
  const parts = path.split('/').map((part) => {
    if (part.startsWith('{')) return mostly(someId(path, method), 5, segments);
    return part === '' ? fc.constant(part) : mostly(fc.constant(part), 60, segments);
  });
  return fc.tuple(...parts).map((all) => all.join('/'));
};

const queryTexts = fc.constantFrom(
  ...[
    '',
    '0',
    '1',
    '-1',
    '1e1',
    '0x10',
    '%201',
    '99999999999999999999',
    '9007199254740993',
    'true',
    'TRUE',
    'null',
  ],
  ...[
    '%00',
    '%zz',
    '%ed%a0%80',
    '__proto__',
    'order.created,order.created',
    ',',
    'a'.repeat(300),
    '[]',
    '%',
    'é',
  ],
);
/** With its question mark; empty if there is no parameter. */
export const queryOf = (parameters: readonly Parameter[]): fc.Arbitrary<string> => {
  const declared = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => {
      const value = mostly(textOf(schema).map(encodeURIComponent), 2, queryTexts);
      return fc.option(
        value.map((text) => `${name}=${text}`),
        { nil: '', freq: 3 },
      );
    });
  const extra = mostly(
    fc.constant(''),
    12,
    fc
      .tuple(fc.constantFrom('x', '__proto__', 'limit', 'after', 'types[]'), queryTexts)
      .map((pair) => pair.join('=')),
  );
  return fc.tuple(...declared, extra).map((parts) => {
    const query = parts.filter((part) => part !== '').join('&');
    return query === '' ? '' : `?${query}`;
  });
};
