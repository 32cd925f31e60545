// A request as a shell command that repeats it: curl if curl can send it, otherwise printf piped into nc.

import { toBytes } from './raw-http.ts';
import type { FuzzRequest } from './requests.ts';

/** `port`: of the service. */
export const toCurl = (request: FuzzRequest, port: number): string => {
  const { method, target, headers, body, encoding, framing } = request;
  const isPlain =
    framing === 'length' && encoding === 'utf8' && /^[A-Z]+$/.test(method) && /^\/[!-~]*$/.test(target);
  if (!isPlain || headers.some(([name]) => !/^[\w-]+$/.test(name))) return toNetcat(request, port);
  const command = [
    'curl -si --path-as-is',
    method === 'HEAD' ? '-I' : `-X ${method}`,
    quote(`http://127.0.0.1:${port}${target}`),
    ...headers.map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quote(body)}`]),
  ];
  return command.join(' ');
};

const toNetcat = (request: FuzzRequest, port: number): string =>
  `printf '%b' ${quote(toEscapes(Buffer.concat([...toBytes(request)])))} | nc -N 127.0.0.1 ${port}`;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const toEscapes = (bytes: Buffer): string =>
  [...bytes]
    .map((byte) => {
      if (byte === 0x5c) return '\\\\';
      return byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
