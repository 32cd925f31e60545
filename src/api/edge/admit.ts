// Whether a request that came through the gate is answered: who sends it, whether its route is open to them, on this port,
// and how many they have sent. A browser that is not signed in is shown where.
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
  const signInPage = `${publicPath(settings)}/sign-in`;
  return (request, reply, admitted, refused) => {
    const why = authorization.whyRefused(request);
    if (why?.code === 'key-required' && isPageVisit(request)) {
      reply.redirect(`${signInPage}?to=${encodeURIComponent(publicPath(settings) + request.url)}`, 303);
    } else if (why?.code === 'key-required' && request.headers.authorization !== undefined) {
      rateLimits.countWrongKey(request, reply).then(() => refused(why), refused);
    } else if (why !== undefined) refused(why);
    else if (!adminPort.has(request)) reply.callNotFound();
    else if (request.routeOptions.config.access === 'open') admitted();
    else {
      const counted = rateLimits.count(request, reply);
      if (counted === undefined) admitted();
      else counted.then(admitted, refused);
    }
  };
};
