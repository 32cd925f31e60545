// Copies of charts with changes: of one state, or behind one name. It knows no order and no test.
import { type AnyStateMachine, type AnyStateNodeConfig, StateMachine } from 'xstate';

type Edit = (state: AnyStateNodeConfig) => AnyStateNodeConfig;

const editState = (state: AnyStateNodeConfig, path: readonly string[], edit: Edit): AnyStateNodeConfig => {
  const [name, ...rest] = path;
  if (name === undefined) return edit(state);
  const inner = state.states?.[name] ?? {};
  return { ...state, states: { ...state.states, [name]: editState(inner, rest, edit) } };
};

/** A copy of `machine`, with the states at dotted paths (the empty one: the chart itself) replaced or added. */
export const editChart = (
  machine: AnyStateMachine,
  edits: Readonly<Record<string, Edit>>,
  implementations: Partial<AnyStateMachine['implementations']> = {},
): AnyStateMachine => {
  let config: AnyStateNodeConfig = machine.config;
  for (const [path, edit] of Object.entries(edits)) {
    config = editState(config, path === '' ? [] : path.split('.'), edit);
  }
  return new StateMachine(config, { ...machine.implementations, ...implementations });
};
