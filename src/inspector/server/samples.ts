// One sample a second of all orders and of the services, for the last hour. It reads the counters that are kept for
// `/metrics` anyway: nothing is counted twice, and no message costs anything.
import type { Application } from '../../application.ts';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics.ts';
import { findFailureReplies } from '../../service.ts';
import type { Sample, ServiceHealth } from './protocol.ts';
import { RollingCounter } from './rolling-counter.ts';

export interface SampleParts {
  readonly application: Application;
  /** Services that live elsewhere. */
  readonly outside: readonly string[];
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** How far back the samples go, and the counts of the services. */
const sampleSeconds = 3600;
const healthSeconds = 300;

type Labels = Readonly<Partial<Record<string, string | number>>>;
interface Counted {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

export class Samples {
  readonly #parts: SampleParts;
  readonly #failureReplies: ReadonlySet<string>;
  readonly #known = new Map<string, number>();
  readonly #replies = new RollingCounter(healthSeconds);
  readonly #failures = new RollingCounter(healthSeconds);
  readonly #lastReplies = new Map<string, number>();
  readonly #samples: Sample[] = [];

  constructor(parts: SampleParts) {
    this.#parts = parts;
    this.#failureReplies = findFailureReplies(parts.application.services);
  }

  /** Ends the present second and returns its sample. */
  async take(): Promise<Sample> {
    const { application, clock, metrics } = this.#parts;
    const { outcomes, display } = application;
    const events = this.#readGrowth('events', (await metrics.events.get()).values);
    const countEvents = (...types: readonly (string | undefined)[]): number =>
      sum(events.filter(({ labels }) => types.includes(String(labels['type']))));
    const commits = this.#readGrowth('commits', (await metrics.commitSeconds.get()).values);
    const times = this.#readGrowth('times', (await metrics.orderSeconds.get()).values);
    const calls = await this.#readCalls();
    const sample: Sample = {
      at: clock.now(),
      started: countEvents(display?.started),
      ended: countEvents(...outcomes),
      succeeded: countEvents(display?.succeeded ?? outcomes[0]),
      declined: sum(calls.filter(({ labels }) => display?.declines?.includes(String(labels['reply'])))),
      incidents: countEvents('incident.opened'),
      commits: sum(commits.filter(isCount)),
      queue: (await metrics.pendingMessages.get()).values[0]?.value ?? 0,
      p50Ms: toQuantile(times, 0.5),
      p99Ms: toQuantile(times, 0.99),
    };
    const failures = this.#readGrowth('failures', (await metrics.failures.get()).values);
    this.#noteReplies('store', sample.commits, sum(failures));
    this.#replies.endSecond();
    this.#failures.endSecond();
    this.#samples.push(sample);
    if (this.#samples.length > sampleSeconds) this.#samples.shift();
    return sample;
  }

  #noteReplies(service: string, count: number, failures: number): void {
    this.#replies.add(service, count);
    this.#failures.add(service, failures);
    if (count > 0) this.#lastReplies.set(service, this.#parts.clock.now());
  }

  /** The replies since the last second, which are also kept for the services' health. */
  async #readCalls(): Promise<readonly Counted[]> {
    const calls = this.#readGrowth('calls', (await this.#parts.metrics.calls.get()).values);
    const { messages } = this.#parts.application;
    for (const { labels, value } of calls) {
      const isFailure = this.#failureReplies.has(String(labels['reply']));
      for (const service of messages[String(labels['command'])]?.to ?? []) {
        this.#noteReplies(service, value, isFailure ? value : 0);
      }
    }
    return calls;
  }

  /** The same figures, each as its growth since the last time. */
  #readGrowth(name: string, values: readonly Counted[]): readonly Counted[] {
    return values.map((counted) => {
      const key = `${name} ${counted.metricName ?? ''} ${JSON.stringify(counted.labels)}`;
      const before = this.#known.get(key) ?? 0;
      this.#known.set(key, counted.value);
      return { ...counted, value: counted.value - before };
    });
  }

  /** The samples behind `after` (ms since 1970), oldest first. */
  since(after: number): readonly Sample[] {
    return this.#samples.filter(({ at }) => at > after);
  }

  health(): ServiceHealth[] {
    const [replies, failures] = [this.#replies.read(), this.#failures.read()];
    return ['store', ...this.#parts.outside].map((name) => ({
      name,
      replies: replies[name]?.recent ?? 0,
      failures: failures[name]?.recent ?? 0,
      lastAt: this.#lastReplies.get(name) ?? null,
    }));
  }
}

const sum = (counted: readonly Counted[]): number => counted.reduce((total, { value }) => total + value, 0);
const isCount = ({ metricName }: Counted): boolean => metricName?.endsWith('_count') === true;

/** In ms, from a histogram of seconds: as near as its buckets are narrow. Null when it counted nothing. */
const toQuantile = (counted: readonly Counted[], part: number): number | null => {
  const buckets = counted
    .filter(({ metricName }) => metricName?.endsWith('_bucket'))
    .map(({ labels, value }) => ({ most: Number(labels['le'] === '+Inf' ? Infinity : labels['le']), value }));
  const total = buckets.at(-1)?.value ?? 0;
  if (total === 0) return null;
  const rank = total * part;
  const index = buckets.findIndex(({ value }) => value >= rank);
  const [below, bucket] = [buckets[index - 1], buckets[index]];
  const least = below?.most ?? 0;
  const most = bucket?.most ?? least;
  if (!Number.isFinite(most)) return least * 1000;
  const within = (rank - (below?.value ?? 0)) / ((bucket?.value ?? 0) - (below?.value ?? 0) || 1);
  return (least + (most - least) * within) * 1000;
};
