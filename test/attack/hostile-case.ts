// What a hostile case is, and how one is run: whatever it sends, the processes live, nothing is stored, nobody sees data of
// others, and the log stays readable. It knows no case and no route but those that show what is stored.
import { AssertionError } from 'node:assert';
import type { Attack, Target } from './target.ts';

export interface HostileCase {
  /** A fact that holds after the attack. */
  readonly name: string;
  /** Attacks, and throws an AssertionError where the service does not hold. */
  attack(attack: Attack): Promise<void>;
  /** What it places by right may stay. */
  readonly stores?: true;
  /** What no line of the log may have, beside keys and addresses. */
  readonly secrets?: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly cases: readonly HostileCase[];
}

export interface CaseResult {
  readonly name: string;
  readonly requests: number;
  /** What did not hold; empty if the service held. */
  readonly problems: readonly string[];
}

const isLine = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** What is wrong with the lines that the service wrote meanwhile. */
const examineLog = (text: string, secrets: readonly string[]): string[] => [
  ...text
    .split('\n')
    .filter((line) => line !== '' && !isLine(line))
    .map((line) => `the log has a line that is none of its own: ${line.slice(0, 100)}`),
  ...secrets.filter((secret) => text.includes(secret)).map((secret) => `the log tells ${secret}`),
  ...(text.includes('"level":50') ? [`an error was logged: ${text.slice(0, 500)}`] : []),
];

export const runCase = async (hostile: HostileCase, target: Target): Promise<CaseResult> => {
  const { name, attack, stores, secrets = [] } = hostile;
  const own = target.begin();
  const before = await target.stored();
  const logged = target.logged().map(({ length }) => length);
  const problems: string[] = [];
  try {
    await attack(own);
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    problems.push(error.message);
  }
  own.end();
  if (!(await target.isAlive()))
    return { name, requests: own.answers.length, problems: ['the process ended'] };
  if (stores === true) await target.untilSettled();
  else if ((await target.stored()) !== before) problems.push('something was stored');
  for (const answer of own.answers) {
    if (answer.includes(target.secret)) problems.push(`data of others: ${answer.slice(0, 300)}`);
    if (/^HTTP\/1\.1 50[0-24-9]/.test(answer)) problems.push(`a failure: ${answer.slice(0, 300)}`);
  }
  for (const [index, text] of target.logged().entries()) {
    const lines = text.slice(logged[index], text.lastIndexOf('\n') + 1);
    problems.push(...examineLog(lines, [...target.secrets, ...secrets]));
  }
  return { name, requests: own.answers.length, problems };
};
