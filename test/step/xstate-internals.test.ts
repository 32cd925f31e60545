// What planned transitions need of the installed XState, and how a version that lacks it is refused.
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { requireKnownXState } from '../../src/step/xstate-internals.ts';

describe('the installed XState', () => {
  test('has what planned transitions need', () => {
    expect(() => requireKnownXState()).not.toThrow();
  });

  test('is refused if it resolves actions another way, with the setting that does without plans', () => {
    expect(() => requireKnownXState(createMachine({}), [() => undefined])).toThrow(/action 1.*STEP_PLANS=0/);
  });

  test('is refused if its machines lack something', () => {
    const lacking: object = { root: {}, resolveState: () => ({ _nodes: [] }) };
    expect(() => Reflect.apply(requireKnownXState, undefined, [lacking])).toThrow(
      /a snapshot's value.*a state's parent.*a machine's getTransitionData/,
    );
  });
});
