// Sends traces to a collector by OTLP over HTTP, if one is named by OpenTelemetry's own variables. Without one, nothing of the
// SDK is loaded. It knows neither orders nor services.
import type { Tracer } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';

export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is left, and waits a bounded time for it. */
  close(): Promise<void>;
}

interface TelemetryParts {
  readonly version: string;
  readonly clock: Clock;
  /** Called when traces cannot be sent, now and then. */
  warn(kind: string): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

const isConfigured = (environment: Environment): boolean =>
  Boolean(environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT']) &&
  environment['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' &&
  environment['OTEL_TRACES_EXPORTER'] !== 'none';

/**
 * Starts the SDK; undefined if no collector is named. The exporter reads its addresses, headers and certificates from the
 * process's own environment.
 * @throws AppError `invalid-setting` for an address, a protocol or a sampler that is not known here.
 */
export const startTelemetry = async (
  environment: Environment,
  { version, clock, warn }: TelemetryParts,
): Promise<Telemetry | undefined> => {
  if (!isConfigured(environment)) return undefined;
  const [{ context, propagation }, sdk, core, resources, { AsyncLocalStorageContextManager }, exporter] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
      createExporter(environment),
    ]);
  const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = core;
  let warnedAt = Number.NEGATIVE_INFINITY;
  core.setGlobalErrorHandler((error) => {
    if (clock.now() - warnedAt < limits.traceWarningsMs) return;
    warnedAt = clock.now();
    warn(error instanceof Error ? error.name : 'unknown');
  });
  const own = resources.resourceFromAttributes({ 'service.name': 'orderchart', 'service.version': version });
  const given = resources.detectResources({ detectors: [resources.envDetector] });
  const scheduledDelayMillis = readMs(environment, 'OTEL_BSP_SCHEDULE_DELAY', 5000);
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(own).merge(given),
    sampler: toSampler(environment, sdk),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  return {
    tracer: provider.getTracer('orderchart', version),
    close: async () => {
      const given = Promise.withResolvers<void>();
      const cancel = clock.schedule(given.resolve, limits.lastTracesMs);
      await Promise.race([provider.shutdown().catch(() => {}), given.promise]);
      cancel();
    },
  };
};

/** The SDK would send to a default address instead, without a word. */
const requireAddress = (environment: Environment): void => {
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
    const value = environment[name];
    if (!value || /^https?:$/.test(URL.parse(value)?.protocol ?? '')) continue;
    const text = `Invalid ${name}=${value}: must be an address such as http://localhost:4318.`;
    throw new AppError('invalid-setting', text);
  }
};

const createExporter = async (environment: Environment) => {
  requireAddress(environment);
  const protocol =
    environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ||
    environment['OTEL_EXPORTER_OTLP_PROTOCOL'] ||
    'http/protobuf';
  // What is left at the end is tried no longer than the end may take.
  const isTimed =
    environment['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'] || environment['OTEL_EXPORTER_OTLP_TIMEOUT'];
  const options = isTimed ? {} : { timeoutMillis: limits.lastTracesMs };
  if (protocol === 'http/json') {
    return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(options);
  }
  if (protocol === 'http/protobuf') {
    return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(options);
  }
  const text = `Invalid OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}: must be http/protobuf or http/json`;
  throw new AppError('invalid-setting', `${text}; collectors take both on port 4318.`);
};

/** The SDK leaves it to its user to read these two variables. */
const toSampler = (environment: Environment, sdk: typeof import('@opentelemetry/sdk-trace')): Sampler => {
  const name = environment['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] || '1');
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new AppError('invalid-setting', `Invalid OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1.`);
  }
  const roots: Readonly<Record<string, Sampler>> = {
    always_on: new sdk.AlwaysOnSampler(),
    always_off: new sdk.AlwaysOffSampler(),
    traceidratio: new sdk.TraceIdRatioBasedSampler(ratio),
  };
  const isByParent = name.startsWith('parentbased_');
  const root = roots[name.replace('parentbased_', '')];
  if (root === undefined) {
    const known = Object.keys(roots).flatMap((each) => [each, `parentbased_${each}`]);
    throw new AppError(
      'invalid-setting',
      `Invalid OTEL_TRACES_SAMPLER=${name}: must be ${known.join(', ')}.`,
    );
  }
  return isByParent ? new sdk.ParentBasedSampler({ root }) : root;
};

const readMs = (environment: Environment, name: string, fallback: number): number => {
  const value = Number(environment[name] || fallback);
  if (Number.isInteger(value) && value > 0) return value;
  throw new AppError(
    'invalid-setting',
    `Invalid ${name}=${environment[name]}: must be a whole number of ms.`,
  );
};
