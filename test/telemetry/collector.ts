// An OpenTelemetry collector as far as traces need one: it takes OTLP over HTTP, as JSON, and keeps the spans.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: z.array(attribute),
  events: z.array(z.object({ name: z.string() })).default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().optional() }),
});
const sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export interface CollectedSpan extends Omit<z.infer<typeof span>, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly service: unknown;
}

const toValues = (attributes: readonly z.infer<typeof attribute>[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export const startCollector = async () => {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  let wake = (): void => {};
  const server = createServer(async (request, response) => {
    const body: unknown = await json(request);
    bodies.push(JSON.stringify(body));
    for (const { resource, scopeSpans } of sent.parse(body).resourceSpans) {
      const service = toValues(resource.attributes)['service.name'];
      for (const each of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({ ...each, attributes: toValues(each.attributes), service });
      }
    }
    response.setHeader('content-type', 'application/json').end('{}');
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address` answers null or a name only for a server that listens on neither an address nor a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    /** Everything that was sent, as text. */
    sent: () => bodies.join('\n'),
    /** Resolves with the spans as soon as `isEnough` of them are here. */
    until: async (
      isEnough: (spans: readonly CollectedSpan[]) => boolean,
    ): Promise<readonly CollectedSpan[]> => {
      while (!isEnough(spans)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return spans;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};
