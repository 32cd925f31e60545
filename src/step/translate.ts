// Messages and commands where a version's charts meet the world: people and services know only today's messages, the charts
// of a released version only theirs. Everything that is recorded is in the words of the charts.
import type { Call } from './effect.ts';
import type { RegisteredSystem } from './register.ts';
import type { Incoming } from './step.ts';

type Versions = Pick<RegisteredSystem, 'versions'>;

/** What comes from outside, as the charts of `chartVersion` know it. A deadline is their own. */
export const toCharts = ({ versions }: Versions, chartVersion: string, incoming: Incoming): Incoming => {
  const translator = versions.get(chartVersion)?.translator;
  if (translator === undefined || incoming.kind === 'deadline') return incoming;
  return { ...incoming, message: translator.toCharts(incoming.message) };
};

/** A call as its service knows it. */
export const toService = ({ versions }: Versions, call: Call): Call => {
  const translator = versions.get(call.chartVersion)?.translator;
  return translator ? { ...call, command: translator.fromCharts(call.command) } : call;
};
