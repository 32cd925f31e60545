// Charts that nobody would write: random hierarchies of states with random transitions, guards, deadlines and
// actions. A chart's `fuel` bounds what it does by itself, so that it becomes idle also under `createActor`,
// which has no limit. It finds what the catalogue of toy charts does not cover.
import {
  type AnyEventObject,
  and,
  assign,
  cancel,
  emit,
  enqueueActions,
  type MachineConfig,
  type MachineContext,
  not,
  or,
  stateIn,
} from 'xstate';
import type { Move, ToySystem } from './equivalence.ts';
import { chart, reply, type Seen, send, wait, word } from './toy-words.ts';

/** A random whole number from 0, below `bound`. */
type Choose = (bound: number) => number;
type State = MachineConfig<MachineContext, AnyEventObject>;
interface Plan {
  readonly path: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly inner: readonly Plan[];
}

const eventTypes = ['E0', 'E1', 'E2', 'E3'];
const pick = <T>(choose: Choose, from: readonly T[], otherwise: T): T =>
  from[choose(from.length)] ?? otherwise;

const planState = (choose: Choose, path: string, depth: number, mayEnd: boolean): Plan => {
  const kind = choose(depth > 2 ? 3 : 9);
  if (kind === 0 && mayEnd) return { path, type: 'final', inner: [] };
  if (kind < 4) return { path, type: 'atomic', inner: [] };
  const type = kind < 7 ? 'compound' : 'parallel';
  const count = 2 + choose(2);
  const inner = Array.from({ length: count }, (_, place) =>
    planState(choose, `${path}.${place}`, depth + 1, type === 'compound' && place > 0),
  );
  const history: Plan[] = choose(3) === 0 ? [{ path: `${path}.h`, type: 'history', inner: [] }] : [];
  return { path, type, inner: [...inner, ...history] };
};
const toPaths = (plan: Plan): string[] => [plan.path, ...plan.inner.flatMap(toPaths)];

/** What a chart does while it has fuel left. Each action uses some. */
const burning = (choose: Choose, other: string) => {
  const [kind, type, delay, id] = [choose(6), pick(choose, eventTypes, 'E0'), 1 + choose(6), choose(3)];
  const named = id === 0 ? {} : { id: `id${id}` };
  return enqueueActions<
    MachineContext,
    AnyEventObject,
    undefined,
    AnyEventObject,
    never,
    never,
    never,
    never,
    AnyEventObject
  >(({ context, enqueue, system, self }) => {
    if (context['fuel'] <= 0) return;
    enqueue.assign({ fuel: context['fuel'] - 1 });
    const said = word(type, { n: context['n'] });
    // An id is used again only after it was cancelled: XState forgets the newer of two when the older fires.
    if (id > 0 && (kind === 1 || kind === 4)) enqueue.cancel(`id${id}`);
    if (kind === 0) enqueue.raise(said);
    else if (kind === 1) enqueue.raise(said, { delay, ...named });
    else if (kind === 2) enqueue.sendTo(self, said);
    // XState knows an actor by its name only once it has been made: the first speaks after it was greeted.
    else if (!context['greeted']) enqueue.emit(said);
    else if (kind === 3) enqueue.sendTo(system.get(other), said);
    else if (kind === 4) enqueue.sendTo(system.get(other), said, { delay, ...named });
    else enqueue.sendTo(system.get('world'), word('ASKED', { by: self.id, n: context['n'] }));
  });
};

const toActions = (choose: Choose, path: string, other: string) =>
  Array.from({ length: choose(3) }, () => {
    const kind = choose(5);
    if (kind === 0)
      return assign<MachineContext, AnyEventObject, undefined, AnyEventObject, never>({
        n: ({ context }: Seen) => context['n'] + 1,
      });
    if (kind === 1)
      return cancel<MachineContext, AnyEventObject, undefined, AnyEventObject>(`id${1 + choose(2)}`);
    if (kind < 4) return burning(choose, other);
    return emit<MachineContext, AnyEventObject, undefined, AnyEventObject, AnyEventObject>(({ context }) =>
      word(`at ${path}`, { n: context['n'] }),
    );
  });

/** A guard by name; `toGuards` has them all. */
const toGuard = (choose: Choose, paths: readonly string[]) => {
  const [one, another, kind] = [toCondition(choose, paths), toCondition(choose, paths), choose(6)];
  if (kind === 0) return not(one);
  if (kind === 1) return and([one, another]);
  if (kind === 2) return or([one, not(another)]);
  return one;
};
const toCondition = (choose: Choose, paths: readonly string[]): string =>
  pick(
    choose,
    ['isEven', 'isThird', `is ${pick(choose, eventTypes, 'E0')}`, `in ${pick(choose, paths, 'a.0')}`],
    'isEven',
  );
const toGuards = (paths: readonly string[]) => ({
  hasFuel: ({ context }: Seen) => context['fuel'] > 0,
  isEven: ({ context }: Seen) => context['n'] % 2 === 0,
  isThird: ({ context }: Seen) => context['n'] % 3 === 0,
  ...Object.fromEntries(eventTypes.map((type) => [`is ${type}`, ({ event }: Seen) => event.type === type])),
  ...Object.fromEntries(paths.map((path) => [`in ${path}`, stateIn(`#${path}`)])),
});

const toConfig = (choose: Choose, plan: Plan, paths: readonly string[], other: string): State => {
  const { path, type, inner } = plan;
  const actions = () => toActions(choose, path, other);
  // XState enters a history state twice, or without its parent, if a transition comes from inside.
  const targets = paths.filter((each) => !each.endsWith('.h') || !path.startsWith(each.slice(0, -2)));
  const transition = () => ({
    ...(choose(5) > 0 && { target: `#${pick(choose, targets, 'a.0')}` }),
    ...(choose(3) === 0 && { guard: toGuard(choose, paths) }),
    ...(choose(3) === 0 && { reenter: true }),
    actions: actions(),
  });
  const burnt = () => ({
    ...transition(),
    guard: and(['hasFuel', toCondition(choose, paths)]),
    actions: [assign({ fuel: ({ context }: Seen) => context['fuel'] - 1 }), ...actions()],
  });
  if (type === 'history') return { id: path, type, history: choose(2) === 0 ? 'deep' : 'shallow' };
  const told = emit<MachineContext, AnyEventObject, undefined, AnyEventObject, AnyEventObject>;
  const state: State = {
    id: path,
    type,
    entry: [told(word(`in ${path}`)), ...actions()],
    exit: [told(word(`out ${path}`)), ...actions()],
  };
  if (type === 'final') return { ...state, output: ({ context }: Seen) => ({ n: context['n'] }) };
  const on = Object.fromEntries(
    eventTypes.flatMap((each) => (choose(3) === 0 ? [[each, [transition(), transition()]]] : [])),
  );
  return {
    ...state,
    on,
    ...(choose(4) === 0 && { after: { [1 + choose(8)]: transition(), [1 + choose(8)]: [transition()] } }),
    ...(choose(5) === 0 && { always: [burnt(), burnt()] }),
    ...(inner.length > 0 && {
      states: Object.fromEntries(inner.map((each) => [toKey(each), toConfig(choose, each, paths, other)])),
    }),
    ...(type === 'compound' && { initial: '0' }),
    ...(inner.length > 0 && { onDone: burnt() }),
  };
};
const toKey = ({ path }: Plan): string => path.slice(path.lastIndexOf('.') + 1);

const makeChart = (choose: Choose, name: string, other: string) => {
  const parts = [0, 1, 2].map((place) => planState(choose, `${name}.${place}`, 1, false));
  const plan: Plan = { path: name, type: 'compound', inner: parts };
  const paths = toPaths(plan).slice(1);
  const { on, onDone: _, ...config } = toConfig(choose, plan, paths, other);
  return chart({
    ...config,
    id: name,
    context: { n: 0, fuel: 40, greeted: name !== 'a' },
    on: { ...on, hello: { actions: assign({ greeted: true }) } },
  }).provide({ guards: toGuards(paths) });
};

/** Two random charts that know each other, and what happens to them. */
export const makeRandomSystem = (choose: Choose): ToySystem => ({
  name: 'random charts',
  charts: { a: makeChart(choose, 'a', 'b'), b: makeChart(choose, 'b', 'a') },
  services: ['world'],
  story: Array.from({ length: 12 }, (): Move => {
    const kind = choose(5);
    if (kind === 0) return wait(1 + choose(8));
    if (kind === 1) return reply('world', pick(choose, eventTypes, 'E0'));
    return send(pick(choose, eventTypes, 'E0'), pick(choose, ['a', 'b'], 'a'));
  }),
});
