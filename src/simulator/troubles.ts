// What befalls the processes while the trouble lasts: some are killed, some are stopped politely, some stand
// still and go on later, and now and then nothing runs for a day. Then the world heals.

import type { Node } from './node.ts';
import type { SeededRandom } from './random.ts';
import { day, type Scenario, type Weather } from './scenario.ts';
import type { Timeline } from './timeline.ts';

export interface Troubles {
  /** Nothing starts before this time (ms since 1970). */
  readonly closedUntil: number;
  readonly isOver: boolean;
}

export const startTroubles = (
  timeline: Timeline,
  chance: SeededRandom,
  scenario: Scenario,
  nodes: readonly Node[],
  onHealed: () => void,
): Troubles => {
  const troubles = { closedUntil: 0, isOver: false };
  const every = (ms: number, befall: (node: Node) => void): void => {
    if (!Number.isFinite(ms)) return;
    timeline.after(chance.between(1, Math.ceil(2 * ms)), () => {
      if (troubles.isOver) return;
      befall(chance.pick(nodes));
      every(ms, befall);
    });
  };
  every(scenario.killEveryMs, (node) => node.die());
  every(scenario.stopEveryMs, (node) => node.stop());
  every(scenario.pauseEveryMs, (node) => node.standStill(chance.between(1000, 30_000)));
  const { outageAtMs } = scenario;
  if (outageAtMs !== undefined) {
    timeline.after(outageAtMs, () => {
      troubles.closedUntil = timeline.now() + day + chance.between(0, 3_600_000);
      for (const node of nodes) node.die();
    });
  }
  const heal = (): void => {
    const left = troubles.closedUntil - timeline.now();
    if (left > 0) {
      timeline.after(left, heal);
      return;
    }
    troubles.isOver = true;
    calm(scenario.weather);
    for (const node of nodes) node.start();
    onHealed();
  };
  timeline.after(scenario.troubleMs, heal);
  return troubles;
};

const calm = (weather: Weather): void => {
  weather.requestLost = 0;
  weather.answerLost = 0;
  weather.requestRepeated = 0;
  weather.connectionBroken = 0;
  weather.nonsense = 0;
  weather.failing = 0;
  weather.storeAway = 0;
  weather.storeFull = 0;
  weather.commitUnanswered = 0;
  weather.crash = 0;
};
