// The path of an order for people: what was given, what happened, which states it led to. It is printed when
// a path fails.
import { actorNames } from '../../machines/messages.ts';
import type { Settings } from '../../src/config.ts';
import { toStateName } from '../../src/step/notes.ts';
import type { Action, Moment } from './model.ts';
import { describeAction } from './state-keys.ts';

/** An action, and the moments before and after it. */
export interface ReportedStep {
  readonly action: Action;
  readonly before: Moment;
  readonly after: Moment;
}

export const toPathReport = (settings: Settings, steps: readonly ReportedStep[]): string =>
  [
    `given an order of 175.00 USD, whose money is taken ${settings.PAYMENT_CAPTURE}`,
    ...steps.flatMap(toLines),
  ].join('\n');

const toLines = ({ action, before, after }: ReportedStep): string[] => {
  const changes = actorNames.flatMap((actor) => {
    const [was, is] = [before, after].map(({ state }) => {
      const found = state.actors.get(actor);
      return found && toStateName(found.snapshot);
    });
    return was === is ? [] : [`${actor} is ${is}`];
  });
  const passed = after.now - before.now;
  const when = `when ${toWords(before, action)}${passed > 0 ? ` (${passed / 1000} s later)` : ''}`;
  return [when, `  then ${changes.length > 0 ? changes.join(', ') : 'nothing changes its state'}`];
};

const toWords = (before: Moment, action: Action): string => {
  switch (action.type) {
    case 'place':
      return action.isFree ? 'it is placed for nothing' : 'it is placed';
    case 'move': {
      const { move, to, outcome, amount } = action;
      const about = [to, ...(outcome ? [`as ${outcome}`] : []), ...(amount ? [String(amount)] : [])];
      return `a person asks: ${move} ${about.join(' ')}`;
    }
    case 'answer':
      return `${action.call} is answered: ${action.word}`;
    case 'fact':
      return `${action.to} gets, unsolicited, ${action.word}, by the key of ${action.key} (${action.attempt} attempt)`;
    case 'crash':
      return `the process dies, and is down ${action.down}`;
    case 'wait':
      return `time passes: ${describeAction(before, action)}`;
  }
};
