// What the API says about itself: the OpenAPI 3.1 document, a page to read it on, the schemas of messages
// and a text for each problem. All of it is made from the declarations that also check the requests.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { messages, messageTypes } from '../../machines/messages.ts';
import { content, json, problems } from './documented.ts';
import type { Api } from './parts.ts';
import { problemCodes, problemKinds } from './problems.ts';
import { components } from './schemas.ts';

/** The version of what the API promises, not of the program. */
const apiVersion = '1.0.0';

/** Components have names in their own registry; descriptions are in zod's. */
const conversion = {
  schemaRegistry: components,
  zodToJsonConfig: {
    override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: object }): void => {
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
    },
  },
};
const addComponents = createJsonSchemaTransformObject(conversion);

/** Must be added before the routes that it describes. */
export const addOpenApi = (app: FastifyInstance): void => {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Orderchart',
        version: apiVersion,
        description:
          'Every order is a durable statechart. Money is in minor units; times are UTC. Problems are RFC 9457; each `type` has a text at its own address.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'orders', description: 'Placing and reading orders' },
        { name: 'moves', description: 'What people can do with an order' },
        { name: 'events', description: 'What happened, as CloudEvents 1.0' },
        { name: 'inventory', description: 'Catalogue and stock' },
        { name: 'operations', description: 'Running the service' },
      ],
    },
    transform: createJsonSchemaTransform(conversion),
    transformObject: (document) => {
      const made = addComponents(document);
      // The tool makes an input twin of every component; answers are never input.
      const schemas = 'components' in made ? (made.components?.schemas ?? {}) : {};
      for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
      return made;
    },
  });
  app.register(swaggerUi, {
    routePrefix: '/docs',
    // Everything comes from here: the page works offline, and asks no validator elsewhere.
    validatorUrl: false,
    staticCSP:
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; frame-ancestors 'none'",
    uiConfig: { url: '/openapi.json', tryItOutEnabled: true },
    theme: { title: 'Orderchart API' },
  });
};

const addMessageSchemas = (api: Api): void => {
  api.get(
    '/schemas/:type/:version',
    {
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
      const type = messageTypes.find(
        (candidate) => candidate === params.type && String(messages[candidate].version) === params.version,
      );
      if (type === undefined) {
        reply.callNotFound();
        return reply;
      }
      const $id = `/schemas/${type}/${params.version}`;
      return reply
        .type('application/schema+json')
        .send({ $id, title: type, ...z.toJSONSchema(messages[type].payload) });
    },
  );
};

export const addDocuments = (api: Api): void => {
  api.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'readOpenApi',
        summary: 'This document: OpenAPI 3.1',
        tags: ['operations'],
        response: { 200: json('OpenAPI 3.1', z.looseObject({})), ...problems() },
      },
    },
    async () => ({ ...api.swagger() }),
  );
  api.get(
    '/problems/:code',
    {
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
  addMessageSchemas(api);
};
