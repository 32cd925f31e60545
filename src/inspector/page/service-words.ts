// What is so of a service or of a call to one, in words. Pure: what the API says in, sentences out.
import type { components } from '../../client.ts';
import { toClock, toDuration } from './formats.ts';

export type Service = components['schemas']['Service'];
export type ServiceIncident = components['schemas']['ServiceIncident'];
export type Call = components['schemas']['Call'];

type Words = Readonly<Record<string, string>>;

/** Why calls failed; what is not here stays the word that was recorded. */
const failures: Words = {
  'no-answer': 'no answer in time',
  'malformed-answer': 'an answer that is not understood',
  'malformed-command': 'the call itself is malformed',
  'key-expired': 'the service may have forgotten the idempotency key',
  'too-late': 'not made: it was too late',
  error: 'the adapter threw an error',
  unreachable: 'the service could not be reached',
  'tls-failed': 'no secure connection',
  'credentials-refused': 'the credentials are refused',
};

export const toFailureText = (what: string): string => failures[what] ?? what.replaceAll(/[-_]/g, ' ');

export const stateTexts: Readonly<Record<Service['state'], string>> = {
  running: 'running',
  paused: 'paused',
  open: 'circuit open',
  resuming: 'resuming',
};

/** Clock times of today, others with their date. */
const toTime = (instant: string, now: number): string => {
  const at = new Date(instant);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? toClock(at.getTime()) : `${at.toLocaleDateString('en-GB')} ${toClock(at.getTime())}`;
};

const since = (instant: string, now: number): string =>
  `since ${toTime(instant, now)} (${toDuration(Math.max(0, now - Date.parse(instant)))})`;

/** Why `service` is not called as always: in full sentences, or undefined. */
export const toHeldText = (
  { state, held }: Pick<Service, 'state' | 'held'>,
  now: number,
): string | undefined => {
  if (held === null) return undefined;
  const { reason, by, triedAgainAt, resumedAt } = held;
  const who = by === null ? '' : ` by ${by}`;
  if (state === 'resuming') {
    const from = resumedAt === null ? '' : ` ${since(resumedAt, now)}`;
    return `Resuming${from}: a few calls at a time, more with each that succeeds.`;
  }
  if (state === 'paused') return `Paused${who} ${since(held.since, now)}: ${reason}`;
  const left = triedAgainAt === null ? 0 : Date.parse(triedAgainAt) - now;
  const next =
    triedAgainAt === null
      ? ''
      : ` Tried again ${left > 0 ? `in ${toDuration(left)}` : 'now'}, with one call.`;
  return `Circuit open ${since(held.since, now)}: ${toFailureText(reason)}.${next}`;
};

/** A hold that is over, or its part so far. */
export const toHoldText = (
  { kind, reason, since: from, by, resumedAt, resumedBy, endedAt }: Service['holds'][number],
  now: number,
): string => {
  const until = resumedAt ?? endedAt;
  const lasted = until === null ? 'until now' : `for ${toDuration(Date.parse(until) - Date.parse(from))}`;
  const who = by === null ? '' : ` by ${by}`;
  const resumed = resumedBy === null ? '' : `; resumed by ${resumedBy}`;
  const what = kind === 'pause' ? `paused${who}` : 'circuit open';
  return `${toTime(from, now)} ${what} ${lasted}: ${kind === 'pause' ? reason : toFailureText(reason)}${resumed}`;
};

/** `2 of 40 failed (5 %)` */
export const toErrorText = ({ calls, failed, errorRate }: Service['recently']): string => {
  if (errorRate === null) return 'no calls';
  const percent = errorRate > 0 && errorRate < 0.01 ? 'under 1' : String(Math.round(errorRate * 100));
  return `${failed.toLocaleString('en')} of ${calls.toLocaleString('en')} failed (${percent} %)`;
};

export const toLatency = (ms: number | null): string => (ms === null ? '–' : toDuration(ms));

/** What came back from a call: as words, and in the service's own code. */
export const toOutcome = (
  { reply, droppedAt, decidedAt, service }: Call,
  words: Words,
  held: readonly Pick<Service, 'name' | 'state'>[],
  now: number,
): string => {
  if (reply !== null) {
    const why = [reply.reason, reply.code].flatMap((code) => (code === null ? [] : toFailureText(code)));
    const text = [words[reply.type] ?? reply.type, ...why].join(': ');
    if (reply.disposition === 'applied') return text;
    return `${text} (${reply.disposition === 'dead' ? 'quarantined' : 'ignored'})`;
  }
  if (droppedAt !== null) return 'Dropped when the order was moved to another chart version';
  const waited = toDuration(Math.max(0, now - Date.parse(decidedAt)));
  const holding = held.find(({ name }) => name === service);
  return `Waiting for ${waited}${holding === undefined ? '' : `; ${service} is ${stateTexts[holding.state]}`}`;
};

/** Which try of the same intent each call is, by its id: 1, 2, 3, … */
export const countTries = (
  calls: readonly Pick<Call, 'id' | 'key' | 'command'>[],
): ReadonlyMap<string, number> => {
  const tries = new Map<string, number>();
  return new Map(
    calls.map(({ id, key, command }) => {
      const intent = `${command} ${key}`;
      const count = (tries.get(intent) ?? 0) + 1;
      tries.set(intent, count);
      return [id, count];
    }),
  );
};
