// What the log says of an unexpected error (src/api/log-text.ts).
import { expect, test } from 'vitest';
import { toLogText } from '../../src/api/log-text.ts';
import { createEdge } from './edge.ts';

const frames = [
  'at Object.get (file:///srv/node_modules/@fastify/static/index.js:12:3)',
  'at async run (/srv/node_modules/.pnpm/fastify@5.12.8/node_modules/fastify/lib/reply.js:7:1)',
];
const withStack = (message: string): Error =>
  Object.assign(new Error(message), {
    stack: [`Error: ${message}`, ...frames.map((frame) => `    ${frame}`)].join('\n'),
  });

test('paths in stack frames are logged as they are, and addresses in the message are not', () => {
  const text = toLogText(withStack('no mailbox ada@example.com'));
  expect(text.split('\n    ')).toEqual(['Error: no mailbox [e-mail]', ...frames]);
});

test('a message that looks like a stack frame hides no address', () => {
  const text = toLogText(withStack('failed\n    at ada@example.com (x@example.com)'));
  expect(text).not.toContain('example.com');
  expect(text).toContain('@fastify/static');
});

test('a stack that does not have the message is searched for addresses, its frames left out', () => {
  const error = withStack('ada@example.com');
  error.message = 'changed since';
  expect(toLogText(error)).not.toContain('ada@example.com');
});

test('what is thrown and is no error is searched too', () => {
  expect(toLogText('for ada@example.com')).toBe('for [e-mail]');
});

test('a request that fails unexpectedly leaves the paths of packages in the log', async () => {
  const { get, lines, replaced } = await createEdge();
  replaced.get = () => Promise.reject(withStack('SQL broke for ada@example.com'));
  expect((await get('/orders/x')).statusCode).toBe(500);
  expect(lines[0]?.['error']).toBe(['Error: SQL broke for [e-mail]', ...frames].join('\n    '));
});
