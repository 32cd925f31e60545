// Checks an answer: its status and shape must be in the document, a refusal must be a problem of the closed list, and a
// body that the document forbids must be refused. It sends nothing.
import type { ApiDocument, Operation } from './document.ts';
import type { Answer, Exchange } from './raw-http.ts';
import type { FuzzRequest } from './requests.ts';

/** Answers to bytes that are not a valid HTTP request. */
const connectionErrors = new Set([400, 408, 431]);
const tooSlowMs = 5000;

/** What is wrong with the outcome of a request; undefined if nothing is. */
export const checkResponse = (
  document: ApiDocument,
  request: FuzzRequest,
  exchanged: Exchange,
): string | undefined => {
  switch (exchanged.outcome) {
    case 'silent':
      return 'no answer';
    case 'garbled':
      return `the answer is garbled: ${exchanged.problem}`;
    case 'closed':
      return mayClose(request)
        ? undefined
        : `the connection was closed without an answer (${exchanged.received})`;
    case 'answered':
      if (exchanged.ms > tooSlowMs) return `the answer took ${Math.round(exchanged.ms)} ms`;
      return checkAnswer(document, request, exchanged.answer);
  }
};

/** A client that disconnects before its request is complete gets no answer. */
const mayClose = ({ framing, body }: FuzzRequest): boolean => body !== undefined && framing.startsWith('cut');

const checkAnswer = (document: ApiDocument, request: FuzzRequest, answer: Answer): string | undefined => {
  const { status, headers } = answer;
  if (status >= 500) return `${status}: ${answer.body.slice(0, 300)}`;
  const pathname = toPathname(request.target);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const operation = document.find(method, pathname);
  if (status >= 400) {
    const problem = checkRefusal(document, request, answer);
    if (problem !== undefined) return problem;
  }
  if (operation === undefined) return checkUnknown(document, pathname, answer);
  if (status === 405 && request.method === 'HEAD')
    return headers.has('allow') ? undefined : '405 without Allow';
  const types = operation.answers.get(status);
  if (types === undefined) {
    return isBroken(answer)
      ? undefined
      : `${status} is not a documented answer of ${operation.method} ${operation.path}`;
  }
  return checkShape(types, request, answer) ?? checkAcceptance(operation, request, answer);
};

/** Refused by the HTTP server itself: without the headers that every other answer has. */
const isBroken = ({ status, headers }: Answer): boolean =>
  connectionErrors.has(status) && !headers.has('x-request-id');

const checkRefusal = (document: ApiDocument, request: FuzzRequest, answer: Answer): string | undefined => {
  const { status, headers, body } = answer;
  const type = toMediaType(answer);
  if (type !== 'application/problem+json') return `${status} has the type ${type}`;
  if (request.method === 'HEAD') return undefined;
  const problem = document.checkProblem(body);
  if (problem !== undefined) return `${status} is not a problem: ${problem}`;
  if (!body.includes(`"status":${status}`)) return `the problem has another status than ${status}`;
  if (isBroken(answer)) return undefined;
  if (headers.get('x-content-type-options') !== 'nosniff') return `${status} without nosniff`;
  if (!body.includes(`"instance":"urn:uuid:${headers.get('x-request-id')}"`))
    return `${status} names another request`;
  return undefined;
};

const checkUnknown = (document: ApiDocument, pathname: string, answer: Answer): string | undefined => {
  const { status, headers } = answer;
  if (pathname.startsWith('/docs') || isBroken(answer)) return undefined;
  if (status === 405) return headers.has('allow') ? undefined : '405 without Allow';
  if (status >= 400) return undefined;
  const what = document.knows(pathname) ? 'this method' : 'this address';
  return `${status}, although the document does not have ${what}`;
};

const checkShape = (
  types: ReadonlyMap<string, (text: string) => string | undefined>,
  { method }: FuzzRequest,
  answer: Answer,
): string | undefined => {
  const { status, body } = answer;
  if (types.size === 0) return body === '' ? undefined : `${status} has a body`;
  const type = toMediaType(answer);
  const check = types.get(type);
  if (check === undefined) return `${status} has the type ${type}`;
  const problem = method === 'HEAD' ? undefined : check(body);
  return problem && `${status} is not as the document says: ${problem}`;
};

/** A body that the document forbids must be refused. (It cannot describe every rule, so others may be refused too.) */
const checkAcceptance = (
  { body: declared }: Operation,
  request: FuzzRequest,
  { status }: Answer,
): string | undefined => {
  if (status >= 300 || declared === undefined || request.body === undefined) return undefined;
  if (request.framing === 'too-long' || request.encoding !== 'utf8' || request.body === '') return undefined;
  const problem = declared.check(request.body);
  return problem && `${status}, although the document forbids the body: ${problem}`;
};

const toMediaType = ({ headers }: Answer): string => (headers.get('content-type') ?? '').split(';')[0] ?? '';

/** Without the host; `*` is the root. */
/** The request line's spaces around the target are not part of it. */
const toPathname = (target: string): string =>
  target === '*'
    ? '/'
    : decode(
        target
          .trim()
          .replace(/^https?:\/\/[^/]*/, '')
          .split(/[?#]/)[0] ?? '',
      );

/** As a router does: an encoded slash, and what cannot be decoded, stays as it is. */
const decode = (path: string): string =>
  path.replaceAll(/%[4-7][0-9a-f]/gi, (encoded) =>
    String.fromCharCode(Number.parseInt(encoded.slice(1), 16)),
  );
