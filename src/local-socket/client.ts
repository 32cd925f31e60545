// The command's end of the local socket: finds the service that holds a database and asks it, over HTTP on its Unix
// socket. It never opens the database.
import { type IncomingMessage, request as startRequest } from 'node:http';
import { z } from 'zod';
import { AppError, errorCodes } from '../errors.ts';
import { localError, localLine, type ServiceClient, serviceDescription } from '../local-socket.ts';
import { hasLocalSockets, isUnanswered, toSocketAddress, toSocketPath, toUnusable } from './socket-path.ts';

type Method = 'GET' | 'POST';

/** How long a service may take to say who it is. */
const describeWithinMs = 5000;

/**
 * Connects to the service that holds the database, or gives undefined if none listens: then the file is free, or whoever
 * has it cannot be asked, which opening it shows.
 * @throws AppError `local-socket-unusable` (permission denied), `service-failed` if it listens and does not answer.
 */
export const connectToService = async (databasePath: string): Promise<ServiceClient | undefined> => {
  if (!hasLocalSockets) return undefined;
  const path = toSocketPath(databasePath);
  const address = toSocketAddress(path);
  const found = await describeService(address, path);
  if (found === undefined) return undefined;
  const service = serviceDescription.parse(found);
  const name = `The service (version ${service.version}, process ${service.pid})`;
  return {
    service,
    request: (method, target, body) =>
      naming(name, async () => readAnswer(await send(address, method, target, body), name)),
    stream: (method, target, body) => readItems(() => send(address, method, target, body), name),
  };
};

const describeService = async (address: string, path: string): Promise<unknown> => {
  const name = `The service at ${path}`;
  try {
    const answer = await send(address, 'GET', '/service', undefined, AbortSignal.timeout(describeWithinMs));
    return await readAnswer(answer, name);
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    if (error instanceof AppError) throw error;
    if (error instanceof Error && error.name === 'AbortError') {
      const message = `${name} does not answer within ${describeWithinMs / 1000} s. If its process is stopped or stuck, end it and run the command again.`;
      throw new AppError('service-failed', message);
    }
    throw toUnusable(path, error);
  }
};

const send = (
  socketPath: string,
  method: Method,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((received, failed) => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = bytes && { 'content-type': 'application/json', 'content-length': bytes.length };
    // Each request has a connection of its own: none is left open behind a command.
    const options = {
      socketPath,
      method,
      path,
      agent: false,
      ...(headers && { headers }),
      ...(signal && { signal }),
    };
    startRequest(options).once('response', received).once('error', failed).end(bytes);
  });

const readText = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

const readAnswer = async (answer: IncomingMessage, name: string): Promise<unknown> => {
  const text = await readText(answer);
  const { statusCode = 0 } = answer;
  if (statusCode < 300) return text === '' ? undefined : readJson(text, name);
  throw toRefusal(readJson(text, name), name);
};

const readItems = async function* (
  ask: () => Promise<IncomingMessage>,
  name: string,
): AsyncGenerator<unknown> {
  const answer = await naming(name, ask);
  if (answer.statusCode !== 200) {
    await naming(name, () => readAnswer(answer, name));
    return;
  }
  const lines = readLines(answer);
  try {
    for (;;) {
      const { value, done } = await naming(name, () => lines.next());
      if (done) return;
      const line = localLine.safeParse(readJson(value, name)).data;
      if (line === undefined) throw toUnintelligible(name);
      if ('error' in line) throw toRefusal(line.error, name);
      yield line.item;
    }
  } finally {
    // Whoever reads no further ends the work.
    answer.destroy();
  }
};

const readLines = async function* (answer: IncomingMessage): AsyncGenerator<string, undefined> {
  answer.setEncoding('utf8');
  let rest = '';
  for await (const chunk of answer) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
  return undefined;
};

/** Says which service an answer did not come from. */
const naming = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${name} ended before it had answered (${reason}). What it was asked for may be done in part: see its log, then run the command again.`;
    throw new AppError('service-failed', message);
  }
};

const readJson = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw toUnintelligible(name);
  }
};

const toUnintelligible = (name: string): AppError =>
  new AppError(
    'service-failed',
    `${name} answers in a way that this version does not understand. Run the command of the same version.`,
  );

const knownCode = z.enum(errorCodes);

/** The error that the service threw, as far as this version knows its code. */
const toRefusal = (answer: unknown, name: string): AppError => {
  const error = localError.safeParse(answer).data;
  if (error === undefined) return toUnintelligible(name);
  const code = knownCode.safeParse(error.code).data;
  if (code !== undefined) return new AppError(code, error.message, error.details);
  const advice =
    error.code === 'route-not-found'
      ? 'Run the command of the same version, or start the service with the version of the command.'
      : 'See its log.';
  return new AppError('service-failed', `${name} refused: ${error.message}. ${advice}`);
};
