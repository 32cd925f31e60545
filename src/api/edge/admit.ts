// Whether a request that came through the gate is answered: who sends it, how many they have sent, and whether its route is
// open to them, on this port. A browser that is not signed in is shown where.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Keys } from '../../access.ts';
import { publicPath, type Settings } from '../../config.ts';
import { createAuthorization } from './access.ts';
import type { AdminPort } from './admin-port.ts';
import type { RateLimits } from './rate-limits.ts';

export type Admit = (
  request: FastifyRequest,
  reply: FastifyReply,
  admitted: () => void,
  refused: (error: Error) => void,
) => void;

/** Whether a person opens a page in a browser, and no key came with it. */
const isPageVisit = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && headers.authorization === undefined && headers.accept?.includes('text/html') === true;

interface AdmitParts {
  readonly keys: Keys;
  readonly settings: Settings;
  readonly rateLimits: RateLimits;
  readonly adminPort: AdminPort;
}

export const createAdmit = ({ keys, settings, rateLimits, adminPort }: AdmitParts): Admit => {
  const authorization = createAuthorization(keys, settings);
  const path = publicPath(settings);
  return (request, reply, admitted, refused) => {
    const why = authorization.whyRefused(request);
    const answer = (): void => {
      if (why === undefined) {
        if (adminPort.has(request)) admitted();
        else reply.callNotFound();
      } else if (why.code === 'key-required' && isPageVisit(request)) {
        // What clients' addresses begin with is put before Location with every answer.
        reply.redirect(`/sign-in?to=${encodeURIComponent(path + request.url)}`, 303);
      } else if (why.code === 'key-required' && request.headers.authorization !== undefined) {
        rateLimits.countWrongKey(request, reply).then(() => refused(why), refused);
      } else refused(why);
    };
    const isOpen = request.routeOptions.config.access === 'open';
    const counted = isOpen ? undefined : rateLimits.count(request, reply);
    if (counted === undefined) answer();
    else counted.then(answer, refused);
  };
};
