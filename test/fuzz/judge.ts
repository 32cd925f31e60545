// Says what is wrong with an answer: a status or a shape that the document does not have, a refusal that is no
// problem of the closed list, a body that was taken although the document forbids it. It sends nothing.
import type { ApiDocument, Operation } from './document.ts';
import type { FuzzRequest } from './requests.ts';
import type { Answer, Exchange } from './wire.ts';

/** What the bytes below HTTP may come to, whatever they were meant for. */
const ofTheConnection = new Set([400, 408, 431]);
const tooSlowMs = 5000;

/** What is wrong with what came of a request, in words; undefined where nothing is. */
export const judge = (
  document: ApiDocument,
  request: FuzzRequest,
  exchanged: Exchange,
): string | undefined => {
  switch (exchanged.outcome) {
    case 'silent':
      return 'there is no answer';
    case 'garbled':
      return `the answer is garbled: ${exchanged.problem}`;
    case 'closed':
      return mayClose(request)
        ? undefined
        : `the connection was closed without an answer (${exchanged.received})`;
    case 'answered':
      if (exchanged.ms > tooSlowMs) return `the answer took ${Math.round(exchanged.ms)} ms`;
      return judgeAnswer(document, request, exchanged.answer);
  }
};

/** A client that leaves in the middle gets no answer; nobody has an answer to CONNECT and its kind. */
const mayClose = ({ framing, body }: FuzzRequest): boolean => body !== undefined && framing.startsWith('cut');

const judgeAnswer = (document: ApiDocument, request: FuzzRequest, answer: Answer): string | undefined => {
  const { status, headers } = answer;
  if (status >= 500) return `${status}: ${answer.body.slice(0, 300)}`;
  const pathname = toPathname(request.target);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const operation = document.find(method, pathname);
  if (status >= 400) {
    const problem = judgeRefusal(document, request, answer);
    if (problem !== undefined) return problem;
  }
  if (operation === undefined) return judgeUnknown(document, pathname, answer);
  if (status === 405 && request.method === 'HEAD')
    return headers.has('allow') ? undefined : '405 without Allow';
  const types = operation.answers.get(status);
  if (types === undefined) {
    return isBroken(answer) ? undefined : `${status} is no answer of ${operation.method} ${operation.path}`;
  }
  return judgeShape(types, request, answer) ?? judgeAcceptance(operation, request, answer);
};

/** Refused by the server before it was a request: without the headers that every answer of ours has. */
const isBroken = ({ status, headers }: Answer): boolean =>
  ofTheConnection.has(status) && !headers.has('x-request-id');

const judgeRefusal = (document: ApiDocument, request: FuzzRequest, answer: Answer): string | undefined => {
  const { status, headers, body } = answer;
  const type = toMediaType(answer);
  if (type !== 'application/problem+json') return `${status} is of the type ${type}`;
  if (request.method === 'HEAD') return undefined;
  const problem = document.checkProblem(body);
  if (problem !== undefined) return `${status} is no problem: ${problem}`;
  if (!body.includes(`"status":${status}`)) return `the problem is not of the status ${status}`;
  if (isBroken(answer)) return undefined;
  if (headers.get('x-content-type-options') !== 'nosniff') return `${status} without nosniff`;
  if (!body.includes(`"instance":"urn:uuid:${headers.get('x-request-id')}"`))
    return `${status} names another request`;
  return undefined;
};

const judgeUnknown = (document: ApiDocument, pathname: string, answer: Answer): string | undefined => {
  const { status, headers } = answer;
  if (pathname.startsWith('/docs') || isBroken(answer)) return undefined;
  if (status === 405) return headers.has('allow') ? undefined : '405 without Allow';
  if (status >= 400) return undefined;
  const what = document.knows(pathname) ? 'this method' : 'this address';
  return `${status}, although the document does not have ${what}`;
};

const judgeShape = (
  types: ReadonlyMap<string, (text: string) => string | undefined>,
  { method }: FuzzRequest,
  answer: Answer,
): string | undefined => {
  const { status, body } = answer;
  if (types.size === 0) return body === '' ? undefined : `${status} has a body`;
  const type = toMediaType(answer);
  const check = types.get(type);
  if (check === undefined) return `${status} is of the type ${type}`;
  const problem = method === 'HEAD' ? undefined : check(body);
  return problem && `${status} is not as the document says: ${problem}`;
};

/** What the document forbids must not be accepted. (What it allows may be refused: it cannot say everything.) */
const judgeAcceptance = (
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

/** An address with its host means the same as without; a lone star means the root. */
const toPathname = (target: string): string =>
  target === '*' ? '/' : decode(target.replace(/^https?:\/\/[^/]*/, '').split(/[?#]/)[0] ?? '');

/** As a router does: a slash that is encoded stays so, and what cannot be decoded stays as it is. */
const decode = (path: string): string =>
  path.replaceAll(/%[4-7][0-9a-f]/gi, (encoded) =>
    String.fromCharCode(Number.parseInt(encoded.slice(1), 16)),
  );
