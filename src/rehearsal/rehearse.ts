// Rehearses the newest orders of a store on another version of the charts, and groups the differences. It reads one picture
// of the store, also beside a running service, and changes nothing.
import { type Application, toChartSystem } from '../application.ts';
import type { AuditSource } from '../audit-source.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limitsWithoutPlans } from '../limits.ts';
import type { RehearsalGroup, RehearseHistories } from '../rehearsal.ts';
import { migrated } from '../step/effect.ts';
import { registerSystem } from '../step/register.ts';
import { rehearseHistory } from './history.ts';

/** Examples that a group lists, at most. */
const listedOfGroup = 5;

interface RehearsalParts {
  readonly application: Application;
  /** Opens a picture of the store at an address; `now` is ms since 1970. */
  open(address: string, application: Application, now: number): Promise<AuditSource>;
  readonly clock: Pick<Clock, 'now'>;
}

export const createRehearse = ({ application, open, clock }: RehearsalParts): RehearseHistories => {
  const system = registerSystem(toChartSystem(application), limitsWithoutPlans);
  const requireKnown = (version: string) => {
    if (system.versions.has(version)) return;
    const known = [...system.versions.keys()].join(', ');
    throw new AppError('invalid-request', `There is no chart version ${version}; there are ${known}.`);
  };
  return async ({ address, to, from, last, onProgress }) => {
    requireKnown(to);
    if (from !== undefined) requireKnown(from);
    const source = await open(address, application, clock.now());
    try {
      const groups = new Map<string, RehearsalGroup>();
      let [orders, messages, same] = [0, 0, 0];
      const wanted = { limit: last, ...(from !== undefined && { chartVersion: from }) };
      for await (const records of source.latest(wanted)) {
        const found = rehearseHistory({ application, system, to }, records);
        orders += 1;
        messages += records.received.filter(({ type }) => type !== migrated).length;
        if (found === undefined) same += 1;
        else add(groups, found.difference, { orderId: records.orderId, message: found.message });
        onProgress(orders);
      }
      const sorted = [...groups.values()].toSorted((one, other) => other.count - one.count);
      return { to, orders, messages, same, groups: sorted };
    } finally {
      await source.close();
    }
  };
};

const add = (
  groups: Map<string, RehearsalGroup>,
  difference: string,
  example: RehearsalGroup['examples'][number],
): void => {
  const { count = 0, examples = [] } = groups.get(difference) ?? {};
  groups.set(difference, {
    difference,
    count: count + 1,
    examples: examples.length < listedOfGroup ? [...examples, example] : examples,
  });
};
