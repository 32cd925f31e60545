// One sample a second of how the whole shop does, and how its services do, for the last hour. It reads the
// counters that are kept for `/metrics` anyway, so that nothing is counted twice and no message costs anything.
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import { Recent } from './recent.ts';
import type { Sample, ServiceHealth } from './shapes.ts';

/** How far back the samples go, and the counts of the services. */
const sampleSeconds = 3600;
const healthSeconds = 300;
const services = ['store', 'gateway', 'mailer'] as const;
const outcomes = ['order.completed', 'order.rejected', 'order.failed', 'order.cancelled'];
const trouble = /\.(?:failed|unknown)$/;

type Labels = Readonly<Partial<Record<string, string | number>>>;
interface Counted {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

export class Samples {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #known = new Map<string, number>();
  readonly #answers = new Recent(healthSeconds);
  readonly #lastAnswers = new Map<string, number>();
  readonly #samples: Sample[] = [];

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Closes the present second and says what it came to. */
  async take(): Promise<Sample> {
    const metrics = this.#metrics;
    const events = this.#grown('events', (await metrics.events.get()).values);
    const of = (type: string): number => sum(events.filter(({ labels }) => labels['type'] === type));
    const commits = this.#grown('commits', (await metrics.commitSeconds.get()).values);
    const times = this.#grown('times', (await metrics.orderSeconds.get()).values);
    const sample: Sample = {
      at: this.#clock.now(),
      placed: of('order.created'),
      ended: outcomes.reduce((count, type) => count + of(type), 0),
      completed: of('order.completed'),
      declined: sum((await this.#readCalls()).filter(({ labels }) => labels['reply'] === 'gateway.declined')),
      incidents: of('incident.opened'),
      commits: sum(commits.filter(isCount)),
      queue: (await metrics.pendingMessages.get()).values[0]?.value ?? 0,
      p50Ms: toQuantile(times, 0.5),
      p99Ms: toQuantile(times, 0.99),
    };
    this.#answers.add('store', sample.commits);
    const failures = this.#grown('failures', (await metrics.failures.get()).values);
    this.#answers.add('store trouble', sum(failures));
    if (sample.commits > 0) this.#lastAnswers.set('store', sample.at);
    this.#answers.turn();
    this.#samples.push(sample);
    if (this.#samples.length > sampleSeconds) this.#samples.shift();
    return sample;
  }

  /** What was answered since it was asked last, kept for the services' health. */
  async #readCalls(): Promise<readonly Counted[]> {
    const calls = this.#grown('calls', (await this.#metrics.calls.get()).values);
    for (const { labels, value } of calls) {
      const service = String(labels['command']).split('.', 1)[0] ?? '';
      if (value === 0) continue;
      this.#answers.add(service, value);
      if (trouble.test(String(labels['reply']))) this.#answers.add(`${service} trouble`, value);
      this.#lastAnswers.set(service, this.#clock.now());
    }
    return calls;
  }

  /** The same figures, each as what it grew by since it was read last. */
  #grown(name: string, values: readonly Counted[]): readonly Counted[] {
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
    const answers = this.#answers.read();
    return services.map((name) => ({
      name,
      answers: answers[name]?.recent ?? 0,
      troubles: answers[`${name} trouble`]?.recent ?? 0,
      lastAt: this.#lastAnswers.get(name) ?? null,
    }));
  }
}

const sum = (counted: readonly Counted[]): number => counted.reduce((total, { value }) => total + value, 0);
const isCount = ({ metricName }: Counted): boolean => metricName?.endsWith('_count') === true;

/** In ms, from a histogram of seconds: as near as its buckets are narrow. Null where it counted nothing. */
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
