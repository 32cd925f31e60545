// Reads a JSON body and refuses what no schema can see: bytes that are not UTF-8, too deep nesting, keys that are there
// twice, NUL, lone surrogates, `__proto__`, and numbers of payment cards. It never repairs anything. It exists because JSON.parse
// takes all of them.
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { hasCardNumber } from './card-numbers.ts';
import { findDuplicateKey } from './duplicate-keys.ts';
import { invalid, toPointer } from './errors.ts';
import type { FieldError } from './problems.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The first thing in `value` that is refused, whatever the schema says. */
const findHostile = (value: unknown, path: readonly string[]): FieldError | undefined => {
  if (typeof value === 'string') return findHostileText(value, path);
  if (value === null || typeof value !== 'object') return undefined;
  if (path.length >= limits.jsonDepth) {
    return { path: toPointer(path), message: `is nested deeper than ${limits.jsonDepth} levels` };
  }
  for (const [key, child] of Object.entries(value)) {
    const place = [...path, key];
    if (key === '__proto__') return { path: toPointer(place), message: 'is not a field name that is taken' };
    const found = findHostileText(key, place) ?? findHostile(child, place);
    if (found !== undefined) return found;
  }
  return undefined;
};

const findHostileText = (text: string, path: readonly string[]): FieldError | undefined => {
  if (text.includes('\0')) return { path: toPointer(path), message: 'contains NUL' };
  if (!text.isWellFormed()) return { path: toPointer(path), message: 'contains half of a surrogate pair' };
  return undefined;
};

const parse = (bytes: Buffer): { readonly text: string; readonly value: unknown } => {
  try {
    const text = utf8.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new AppError('invalid-request', 'The body is not JSON in UTF-8.');
  }
};

/** @throws AppError `invalid-request`. An empty body is no body. */
const readJson = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return undefined;
  const { text, value } = parse(bytes);
  const found = findHostile(value, []);
  if (found !== undefined) throw invalid([found]);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw invalid([{ path: toPointer(duplicate), message: 'is there twice in its object' }]);
  }
  return value;
};

/** Their texts may be numbers that are no card's. */
const productFields: ReadonlySet<string> = new Set(['productId']);

/** Where a text of `value` has the number of a card. A field whose name has it is not named: nothing repeats the number. */
const findCardNumber = (value: unknown, path: readonly string[]): readonly string[] | undefined => {
  if (typeof value === 'string') return hasCardNumber(value) ? path : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (hasCardNumber(key)) return path;
    const isProduct = productFields.has(key) && typeof child === 'string';
    const found = isProduct ? undefined : findCardNumber(child, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** @throws AppError `card-number`. */
const refuseCardNumbers = (value: unknown): void => {
  const found = findCardNumber(value, []);
  if (found === undefined) return;
  throw invalid(
    [{ path: toPointer(found), message: 'has what reads as the number of a card' }],
    'card-number',
  );
};

/** Only JSON is read, and only uncompressed. */
export const readBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
    async (request: FastifyRequest, bytes: Buffer) => {
      if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
        throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE();
      }
      const why = request.routeOptions.config.whyUnsigned?.(request, bytes);
      if (why !== undefined) throw new AppError('signature-invalid', why);
      const value = readJson(bytes);
      // What a service reports and signs has numbers of its own, and a fact must not get lost.
      if (request.routeOptions.config.access !== 'signed') refuseCardNumbers(value);
      return value;
    },
  );
};
