// What cases expect of answers: each says what came instead.
import assert from 'node:assert/strict';
import type { Answer } from './target.ts';

const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** A problem with one of these statuses and, if given, of this type. */
export const expectRefused = (answer: Answer, status: number | readonly number[], type?: string): void => {
  const said = `answered ${answer.status}: ${short(answer.body)}`;
  assert.ok([status].flat().includes(answer.status), said);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, said);
  if (type !== undefined) assert.ok(answer.body.includes(`"type":"/problems/${type}"`), said);
};

export const expectStatus = (answer: Answer, ...statuses: readonly number[]): void => {
  assert.ok(statuses.includes(answer.status), `answered ${answer.status}: ${short(answer.body)}`);
};

/** The statuses of all answers on a connection, in their order. */
export const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

export const expectStatuses = (text: string, ...wanted: readonly (number | readonly number[])[]): void => {
  const statuses = statusesOf(text);
  const fits = wanted.every((each, index) => [each].flat().includes(statuses[index] ?? 0));
  assert.ok(fits && statuses.length === wanted.length, `answered ${statuses.join()}: ${short(text)}`);
};

/** Asks again while the answer is that too much is read now, for 3 s at most: reads take turns on a busy machine. */
export const askUntilServed = async (ask: () => Promise<Answer>): Promise<Answer> => {
  const until = performance.now() + 3000;
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503 || performance.now() > until) return answer;
  }
};
