// What messages, deadlines and events mean, in the words that the application gives them. What has no words is shown by its
// type or name alone.
import { toDeadlineName } from '../../step/deadline-name.ts';
import { postponed } from '../../step/effect.ts';
import type { ApplicationInfo, Point } from '../server/protocol.ts';
import { toClock } from './formats.ts';

type Words = ApplicationInfo['words'];
type Meant = Pick<Point, 'kind' | 'type' | 'data'>;

/** `time for the payment`, or `payDeadline` where it has no words. */
export const toDeadlineText = (words: Words, name: string): string => words.deadlines[name] ?? name;

/** What a recorded message means; undefined if nothing is known but its type. */
export const toMeaning = (words: Words, { kind, type, data }: Meant): string | undefined => {
  if (kind === 'deadline' && type === postponed) {
    const name = toDeadlineName(String(data['key'])) ?? 'deadline';
    const until = toClock(Number(data['until']));
    return `The ${toDeadlineText(words, name)} is postponed to ${until}: ${data['service']} is not called as always`;
  }
  const name = kind === 'deadline' ? toDeadlineName(type) : undefined;
  if (name === undefined) return words.messages[type];
  const text = words.deadlines[name];
  return text === undefined ? undefined : `The ${text} is over`;
};
