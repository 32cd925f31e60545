// Whether a request that came through the gate is answered: who sends it, how many they have sent, and whether its route is
// open to them, on this port. A browser that is not signed in, or not with the right key, is shown where it signs in.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Keys } from '../../access.ts';
import type { Settings } from '../../config.ts';
import { sendSignInPage } from '../sign-in-page.ts';
import { createAuthorization, isElsewhere } from './access.ts';
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
  return (request, reply, admitted, refused) => {
    request.hasAdminRoutes = adminPort.isHere(request.raw);
    request.publicUrl = adminPort.isDirect(request.raw) ? '' : settings.PUBLIC_URL;
    const { config } = request.routeOptions;
    const why = authorization.whyRefused(request);
    const answer = (): void => {
      if (why?.code === 'key-required' && isPageVisit(request)) {
        reply.redirect(`/sign-in?to=${encodeURIComponent(request.url)}`, 303);
      } else if (why?.code === 'scope-missing' && isPageVisit(request)) {
        const notice = `You are signed in as ${request.caller.principal}. ${why.message}`;
        sendSignInPage(request, reply.code(403), settings, notice);
      } else if (why?.code === 'key-required' && request.headers.authorization !== undefined) {
        rateLimits.countWrongKey(request, reply).then(() => refused(why), refused);
      } else if (why !== undefined) refused(why);
      else if (isElsewhere(config, request.hasAdminRoutes)) reply.callNotFound();
      else admitted();
    };
    const counted = config.access === 'open' ? undefined : rateLimits.count(request, reply);
    if (counted === undefined) answer();
    else counted.then(answer, refused);
  };
};
