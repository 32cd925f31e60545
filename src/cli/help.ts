// What `--help` prints: the commands, and every setting with its default and its meaning, read off the one
// list in config.ts so that it cannot be out of date.
import { z } from 'zod';
import { settingsSchema } from '../config.ts';

export const usage = `Usage: orderchart COMMAND [--setting VALUE …]

  start     serve, and place the sample order so that there is something to see
  serve     run the service
  demo      serve a shop of its own that shows each kind of trouble within a minute
  keys      make, list, rotate and revoke the keys that callers need
  doctor    check every invariant of the store, also while the service runs
  reconcile compare what the payment provider did with the store, both ways, also while the service runs
  backup    copy the store into one file, also while the service runs, and check the copy
  restored  say that the store is a copy that was put back, where a start cannot see it
  move      copy the whole store to another one, of the same or another kind, and hand over
  migrate   move stored orders to another chart version, also while the service runs
  rehearse  replay stored orders on another chart version, and list what would differ
  simulate  run whole shops on a virtual clock, with crashes, and check every commit
  diff      compare two versions of the charts: as text, as JSON, as a picture
  help      print this

orderchart COMMAND --help lists every setting; orderchart --version prints the version.`;

/** The help of one command. */
export const helpOf = (command: 'start' | 'serve' | 'demo'): string => {
  const about = {
    start: 'Runs the service with a sample catalogue, and places the sample order.',
    demo: 'Runs a shop in data/demo that shows declines, errors, lost answers, refusals and a dispute within a minute. Of the environment it reads HOST and PORT alone, and opens nothing by itself.',
    serve: 'Runs the service. An empty catalogue is filled with the sample products.',
  }[command];
  const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const { default: fallback } = z.toJSONSchema(schema, { io: 'input' });
    return `  ${name.padEnd(22)} ${String(schema.description)}${fallback === undefined ? '' : ` [${String(fallback)}]`}`;
  });
  return `Usage: orderchart ${command} [--setting VALUE …]

${about} It stays up until Ctrl-C (or SIGTERM), then finishes what is under way.

Settings: environment variables, or flags (--payment-delay-ms 200 for PAYMENT_DELAY_MS). [default]

${rows.join('\n')}

Traces: OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318) names an OpenTelemetry collector; left out, nothing is traced.
Also read: OTEL_EXPORTER_OTLP_PROTOCOL (http/protobuf or http/json), OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER,
OTEL_TRACES_SAMPLER_ARG, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED.`;
};
