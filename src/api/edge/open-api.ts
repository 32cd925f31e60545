// The OpenAPI 3.1 document and a page to read it on, made from the declarations that also check the requests.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { publicPath, type Settings } from '../../config.ts';
import { readPackageVersion } from '../../package-version.ts';
import { declareRoutes } from './access.ts';
import { components } from './schemas.ts';

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

/** Every answer to reading can be left out, if the reader says what it has. */
const addNotModified = (document: object): void => {
  const paths: Record<string, { get?: { responses?: Record<string, object> } }> =
    'paths' in document ? Object(document.paths) : {};
  for (const { get } of Object.values(paths)) {
    if (get?.responses === undefined) continue;
    get.responses['304'] ??= { description: 'If-None-Match holds the ETag of the answer, or `*`' };
  }
};

/** Must be added before the routes that it describes. */
export const addOpenApi = (app: FastifyInstance, settings: Settings): void => {
  const path = publicPath(settings);
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Orderchart',
        version: readPackageVersion(),
        description:
          'Every order is a durable statechart. Money is in minor units; times are UTC. Problems are RFC 9457; each `type` has a text at its own address.\n\nLimits count bytes of UTF-8, and agree with each other: an identifier has at most 200 (in an address 600, percent-encoded), an order at most 200 lines and 256 KiB, any other body 64 KiB, the entries of a page 1 MiB. Texts for people (names, reasons, notes) count characters. An order that keeps to these fits, however its JSON escapes characters; its total is at most 9007199254740991 minor units.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: path || '/' }],
      // A service without keys asks for none.
      security: [{ key: [] }, {}],
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key' } },
      },
      tags: [
        { name: 'orders', description: 'Placing and reading orders' },
        { name: 'moves', description: 'What people can do with an order' },
        { name: 'events', description: 'What happened, as CloudEvents 1.0' },
        { name: 'inventory', description: 'Catalogue and stock' },
        { name: 'webhooks', description: 'Sending events to endpoints of others' },
        { name: 'operations', description: 'Running the service' },
      ],
    },
    transform: createJsonSchemaTransform(conversion),
    transformObject: (document) => {
      const made = addComponents(document);
      addNotModified(made);
      // The tool makes an input twin of every component; answers are never input.
      const schemas = 'components' in made ? (made.components?.schemas ?? {}) : {};
      for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
      return made;
    },
  });
  if (settings.DOCS === '1') addPage(app, path);
};

const addPage = (app: FastifyInstance, path: string): void => {
  app.register(async (scope) => {
    declareRoutes(scope, { access: 'any-key', forCustomers: true, isAdmin: true });
    // The page is made once, for those who reach it under the path.
    if (path !== '')
      scope.addHook('onSend', async ({ publicUrl }, _reply, payload) =>
        publicUrl === '' && typeof payload === 'string' ? payload.replaceAll(`"${path}/`, '"/') : payload,
      );
    scope.register(swaggerUi, {
      routePrefix: '/docs',
      indexPrefix: path,
      // Everything comes from here: the page works offline, and asks no validator elsewhere.
      validatorUrl: false,
      staticCSP:
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; frame-ancestors 'none'",
      uiConfig: { url: `${path}/openapi.json`, tryItOutEnabled: true },
      theme: { title: 'Orderchart API' },
    });
  });
};
