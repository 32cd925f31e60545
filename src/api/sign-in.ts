// Signing in with a browser: a key is pasted once, and a cookie that no script can read stands for it until it ends. It
// knows nothing of what the session will be used for.
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Keys, scopeNames } from '../access.ts';
import { readSession, sessionCookie } from '../callers.ts';
import { publicPath, type Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Api } from './edge/dependencies.ts';
import type { RateLimits } from './edge/rate-limits.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';
import { sendSignInPage } from './sign-in-page.ts';

const hour = 3_600_000;

interface SignInParts {
  readonly keys: Keys;
  readonly rateLimits: RateLimits;
  readonly settings: Settings;
}

/** Behind TLS the cookie never travels without it. */
const isSecure = ({ protocol, publicUrl }: FastifyRequest): boolean =>
  protocol === 'https' || publicUrl.startsWith('https:');

const session = z.strictObject({
  principal: z.string().nullable().describe('null where no key is asked for'),
  scopes: z.array(z.enum(scopeNames)).describe('what it may do'),
  signedIn: z.boolean().describe('with a cookie, so that it can sign out'),
});

const addPage = (api: Api, { settings }: SignInParts): void => {
  api.get('/sign-in', { config: { access: 'sign-in' }, schema: { hide: true } }, (request, reply) =>
    sendSignInPage(request, reply, settings),
  );
};

const setCookie = (request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void => {
  const cookie = {
    name: sessionCookie,
    value,
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure(request),
    path: publicPath({ PUBLIC_URL: request.publicUrl }) || '/',
    maxAge,
  } as const;
  reply.header('set-cookie', stringifySetCookie(cookie));
};

const addSession = (api: Api): void => {
  api.get(
    '/session',
    {
      config: { access: 'any-key', forCustomers: true },
      schema: {
        operationId: 'readSession',
        summary: 'Who the caller is, and what it may do',
        tags: ['operations'],
        response: { 200: json('The caller', session), ...problems() },
      },
    },
    async (request) => {
      const { principal = null, may } = request.caller;
      const signedIn = request.headers.authorization === undefined && principal !== null;
      return { principal, scopes: scopeNames.filter(may), signedIn };
    },
  );
};

const addSigningIn = (api: Api, { keys, rateLimits, settings }: SignInParts): void => {
  api.post(
    '/session',
    {
      config: { access: 'sign-in' },
      schema: {
        operationId: 'signIn',
        summary: 'Signs a browser in: the key in the body becomes a cookie',
        tags: ['operations'],
        body: z.strictObject({ key: z.string().min(1).max(200) }),
        response: {
          201: json('The cookie is set', z.strictObject({ expiresAt: z.iso.datetime() })),
          ...problems(...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const keyId = keys.find(request.body.key)?.keyId;
      if (keyId !== undefined) await rateLimits.countSignIn(keyId, reply);
      const made = await keys.signIn(request.body.key, settings.SESSION_HOURS * hour);
      if (made === undefined) {
        await rateLimits.countWrongKey(request, reply);
        throw new AppError('key-required', 'The key is not valid.');
      }
      const former = readSession(request);
      if (former !== undefined) await keys.signOut(former);
      const { createdAt, expiresAt } = made.key;
      const ends = expiresAt ?? createdAt;
      setCookie(request, reply, made.token, Math.ceil((ends - createdAt) / 1000));
      return reply.code(201).send({ expiresAt: new Date(ends).toISOString() });
    },
  );
};

const addSigningOut = (api: Api, { keys }: SignInParts): void => {
  api.post(
    '/session/end',
    {
      config: { access: 'sign-in' },
      schema: {
        operationId: 'signOut',
        summary: 'Signs the browser out: its session ends',
        tags: ['operations'],
        body: z.strictObject({}),
        response: {
          200: json('It has ended', z.strictObject({ signedOut: z.literal(true) })),
          ...problems(...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const token = readSession(request);
      if (token !== undefined) await keys.signOut(token);
      setCookie(request, reply, '', 0);
      return reply.send({ signedOut: true as const });
    },
  );
};

export const addSignIn = (api: Api, parts: SignInParts): void => {
  addPage(api, parts);
  addSession(api);
  addSigningIn(api, parts);
  addSigningOut(api, parts);
};
