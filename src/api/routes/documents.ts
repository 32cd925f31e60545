// What the API says about itself: the OpenAPI document, the schemas of messages and a text for each problem. All of it
// is made from the declarations that also check the requests.
import { z } from 'zod';
import { publicPath } from '../../config.ts';
import type { Api } from '../edge/dependencies.ts';
import { problemCodes, problemKinds } from '../edge/problems.ts';
import { content, json, problems } from '../edge/responses.ts';
import type { RouteDependencies } from './dependencies.ts';

const addMessageSchemas = (api: Api, { application: { messages }, settings }: RouteDependencies): void => {
  api.get(
    '/schemas/:type/:version',
    {
      config: { access: 'any-key', forCustomers: true },
      schema: {
        operationId: 'readMessageSchema',
        summary: 'The JSON Schema of a message: what `dataschema` of an event points at',
        tags: ['events'],
        params: z.strictObject({ type: z.string(), version: z.string() }),
        response: {
          200: content('JSON Schema 2020-12', 'application/schema+json', z.looseObject({})),
          ...problems('route-not-found'),
        },
      },
    },
    async ({ params }, reply) => {
      const { type, version } = params;
      const declared = Object.hasOwn(messages, type) ? messages[type] : undefined;
      if (declared === undefined || String(declared.version) !== version) {
        reply.callNotFound();
        return reply;
      }
      const $id = `${publicPath(settings)}/schemas/${type}/${version}`;
      return reply
        .type('application/schema+json')
        .send({ $id, title: type, ...z.toJSONSchema(declared.payload) });
    },
  );
};

const addOpenApiDocument = (api: Api): void => {
  api.get(
    '/openapi.json',
    {
      config: { access: 'any-key', forCustomers: true, isAdmin: true },
      schema: {
        operationId: 'readOpenApi',
        summary: 'This document: OpenAPI 3.1',
        tags: ['operations'],
        response: { 200: json('OpenAPI 3.1', z.looseObject({})), ...problems() },
      },
    },
    async ({ publicUrl }) => ({
      ...api.swagger(),
      servers: [{ url: publicPath({ PUBLIC_URL: publicUrl }) || '/' }],
    }),
  );
};

export const addDocuments = (api: Api, parts: RouteDependencies): void => {
  if (parts.settings.DOCS === '1') addOpenApiDocument(api);
  api.get(
    '/problems/:code',
    {
      config: { access: 'any-key', forCustomers: true },
      schema: {
        operationId: 'readProblem',
        summary: 'What a problem means and what to do',
        tags: ['operations'],
        params: z.strictObject({ code: z.string() }),
        response: {
          200: content('A text for people', 'text/plain', z.string()),
          ...problems('route-not-found'),
        },
      },
    },
    async ({ params }, reply) => {
      const code = problemCodes.find((candidate) => candidate === params.code);
      if (code === undefined) {
        reply.callNotFound();
        return reply;
      }
      const { status, title, text } = problemKinds[code];
      return reply.type('text/plain; charset=utf-8').send(`${title} (${status})\n\n${text}\n`);
    },
  );
  addMessageSchemas(api, parts);
};
