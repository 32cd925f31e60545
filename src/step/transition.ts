// One message to one chart: through the plans of its transitions, or through XState as a whole if a part of it is not
// planned, if plans are switched off, or if somebody inspects what XState does.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { type Taken, takePlanned } from './planned-transition.ts';
import type { RegisteredChart } from './register.ts';

export const transition = (
  chart: RegisteredChart,
  from: AnyMachineSnapshot,
  event: AnyEventObject,
): Taken => {
  const { configurations } = chart;
  const planned =
    configurations === undefined || chart.isInspected()
      ? undefined
      : takePlanned(chart, configurations, from, event);
  return planned ?? takeWhole(chart, from, event);
};

const takeWhole = (chart: RegisteredChart, from: AnyMachineSnapshot, event: AnyEventObject): Taken => {
  const snapshot = chart.machine.transition(from, event, chart.scope);
  return { snapshot, effects: chart.take() };
};
