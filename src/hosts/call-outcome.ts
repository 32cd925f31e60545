// What a call came to, as the figures and the circuit of its service count it. A decline is an answer; a call that was not
// made says nothing.
import type { AnyEventObject } from 'xstate';
import type { Application, CallFailure, ServiceDeclaration } from '../application.ts';
import { findOwnFailures, notConnected, tooLate } from '../service.ts';
import type { CallOutcome } from './service-gate.ts';

/** Why there was no usable answer, as `callService` says it. */
export interface NotedFailure {
  readonly failure: CallFailure;
  readonly why: string | undefined;
}

type Judged = Pick<CallOutcome, 'failed' | 'isOutage'>;

/** A reason is a fixed word; anything else is not shown. */
const toWord = (reason: unknown, otherwise: string): string =>
  typeof reason === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/.test(reason) ? reason : otherwise;

/** Undefined for a call that was not made. */
const judgeFailure = ({ failure, why }: NotedFailure): Judged | undefined => {
  if (failure === 'malformed-command' || failure === 'key-expired' || why === tooLate) return undefined;
  return { failed: toWord(why, failure), isOutage: why === undefined || why === notConnected };
};

const judgeReply = (declared: ServiceDeclaration | undefined, reply: AnyEventObject): Judged => {
  if (declared === undefined || !findOwnFailures(declared).has(reply.type)) {
    return { failed: undefined, isOutage: false };
  }
  const failed = toWord(reply['reason'], reply.type);
  return { failed, isOutage: declared.isAboutCall?.(failed) !== true };
};

/** @param reply what the service answered, or what was recorded in its place because of `noted` */
export const judgeCall = (
  { services }: Pick<Application, 'services'>,
  service: string,
  reply: AnyEventObject,
  noted: NotedFailure | undefined,
): Judged | undefined => (noted ? judgeFailure(noted) : judgeReply(services[service], reply));
