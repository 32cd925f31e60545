// An SCXML document as a chart: its states, transitions and data. The chart waits for `begin` before it enters the document's
// first state, so that also what a document does at its start is done by a message.
import {
  type AnyEventObject,
  type AnyStateMachine,
  type MachineConfig,
  type MachineContext,
  stateIn,
} from 'xstate';
import { type Action, Compiler, type Expression, refuse } from './scxml-actions.ts';
import { type Element, parseXml } from './scxml-xml.ts';
import { chart } from './toy-words.ts';

type State = MachineConfig<MachineContext, AnyEventObject>;
export const begin = 'begin';

/** @throws NotInXState with the reason, if XState has no such thing. */
export const toChart = (source: string): AnyStateMachine => {
  const root = parseXml(source);
  if (root.attributes['binding'] === 'late') return refuse('data that is bound late');
  const data = findAll(root, 'data');
  const loops = findAll(root, 'foreach').flatMap(({ attributes: { item, index } }) => [item, index]);
  const named = [...data.map(({ attributes }) => attributes['id']), ...loops];
  const names = [...new Set(named.filter((name) => name !== undefined))];
  if (!names.every((name) => /^[A-Za-z]\w*$/.test(name))) return refuse('names of data that are no names');
  if (root.children.some(({ name }) => name === 'script')) return refuse('a script of the whole document');
  const converter = new Converter(new Compiler(names));
  const context = toContext(data, names);
  const document = converter.toState({ ...root, attributes: { ...root.attributes, id: 'document' } });
  return chart({
    id: 'scxml',
    context,
    initial: 'waiting',
    states: { waiting: { on: { [begin]: 'document' } }, document },
  });
};

const findAll = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...findAll(child, name)]);

/** The values at the start: all data is there from the beginning. */
const toContext = (data: readonly Element[], names: readonly string[]): MachineContext => {
  const compiler = new Compiler(names);
  const context: MachineContext = {};
  for (const { attributes, text, children } of data) {
    const { id = '', expr, src } = attributes;
    if (src !== undefined) return refuse('data of other files');
    if (children.length > 0) return refuse('XML as data');
    const source = expr ?? (text.trim() === '' ? 'undefined' : text);
    const value = attempt(() => compiler.toExpression(source)({ context, event: { type: begin } }));
    if (typeof value === 'function') return refuse('data that is no JSON');
    if (value !== undefined) context[id] = value;
  }
  return context;
};

const attempt = (evaluate: () => unknown): unknown => {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ReferenceError || error instanceof TypeError)
      return refuse('data that cannot be evaluated');
    throw error;
  }
};

const stateNames = new Set(['state', 'parallel', 'final', 'history']);

class Converter {
  readonly #compiler: Compiler;
  #unnamed = 0;

  constructor(compiler: Compiler) {
    this.#compiler = compiler;
  }

  toState(element: Element): State {
    const { name, attributes, children } = element;
    if (children.some((child) => child.name === 'invoke')) return refuse('<invoke>');
    if (name === 'history') return this.#toHistory(element);
    const inner = children.filter((child) => stateNames.has(child.name)).map((child) => this.#named(child));
    const kind = name === 'parallel' || name === 'final' ? ({ type: name } as const) : {};
    return {
      id: toId(attributes['id']),
      ...kind,
      entry: this.#toBlocks(element, 'onentry'),
      exit: this.#toBlocks(element, 'onexit'),
      ...(name === 'final' && this.#toOutput(element)),
      ...(inner.length > 0 && {
        states: Object.fromEntries(inner.map((child) => [toId(child.attributes['id']), this.toState(child)])),
      }),
      ...(name !== 'parallel' && inner.length > 0 && this.#toInitial(element, inner)),
      ...this.#toTransitions(element),
    };
  }

  #named(element: Element): Element {
    if (element.attributes['id'] !== undefined) return element;
    this.#unnamed += 1;
    return { ...element, attributes: { ...element.attributes, id: `unnamed${this.#unnamed}` } };
  }

  #toBlocks({ children }: Element, name: string): Action[] {
    return children
      .filter((child) => child.name === name)
      .flatMap((block) => this.#compiler.toActions(block.children));
  }

  #toOutput({ children }: Element): { output?: Expression } {
    const given = children.find(({ name }) => name === 'donedata');
    const output = given && this.#compiler.toData(given);
    return output ? { output } : {};
  }

  #toInitial({ attributes, children }: Element, inner: readonly Element[]) {
    const transition = children.find(({ name }) => name === 'initial')?.children[0];
    const target = transition?.attributes['target'] ?? attributes['initial'];
    const first = target ?? inner.find((child) => child.name !== 'history')?.attributes['id'] ?? '';
    if (!inner.some((child) => child.attributes['id'] === first))
      return refuse('an initial state that is no child');
    if (transition === undefined) return { initial: toId(first) };
    return { initial: { target: toId(first), actions: this.#compiler.toActions(transition.children) } };
  }

  #toHistory({ attributes, children }: Element): State {
    const [transition] = children;
    if ((transition?.children.length ?? 0) > 0) return refuse('actions of a history state');
    const target = transition?.attributes['target'];
    return {
      id: toId(attributes['id']),
      type: 'history',
      history: attributes['type'] === 'deep' ? 'deep' : 'shallow',
      ...(target !== undefined && { target: `#${toId(target)}` }),
    };
  }

  #toTransitions(state: Element) {
    const always: object[] = [];
    const on: Record<string, object[]> = {};
    for (const element of state.children.filter(({ name }) => name === 'transition')) {
      const transition = this.#toTransition(state, element);
      const { event } = element.attributes;
      if (event === undefined) always.push(transition);
      else for (const type of toDescriptors(event)) on[type] = [...(on[type] ?? []), transition];
    }
    return { ...(always.length > 0 && { always }), on };
  }

  #toTransition(state: Element, { attributes, children }: Element) {
    const { cond, target, type, event } = attributes;
    if (/^[\s.*]*$/.test(event ?? 'none') && event?.trim() !== '*') return refuse('an event without a name');
    const targets = (target ?? '').split(/\s+/).filter((name) => name !== '');
    // In SCXML only a compound state has transitions within itself.
    const isWithin =
      type === 'internal' && state.name === 'state' && !targets.includes(state.attributes['id'] ?? '');
    return {
      ...(targets.length > 0 && { target: targets.map((name) => `#${toId(name)}`), reenter: !isWithin }),
      ...(cond !== undefined && { guard: this.#toGuard(cond) }),
      actions: this.#compiler.toActions(children),
    };
  }

  #toGuard(source: string) {
    const [, state] = /^\s*In\(\s*['"]([\w.-]+)['"]\s*\)\s*$/.exec(source) ?? [];
    if (state !== undefined) return stateIn(`#${toId(state)}`);
    const condition = this.#compiler.toExpression(source);
    return (given: { context: MachineContext; event: AnyEventObject }) => Boolean(condition(given));
  }
}

/** XState reads a dot as the way to a child. */
export const toId = (id = ''): string => id.replaceAll('.', '-');

/** `foo` stands for `foo.bar`, too, and XState's done events have a prefix. */
const toDescriptors = (event: string): string[] =>
  event
    .split(/\s+/)
    .filter((each) => each !== '')
    .flatMap((each) => {
      const whole = each.replace(/\.\*?$/, '');
      if (whole === '*') return ['*'];
      return /^done(?:\.|$)/.test(whole) ? [`xstate.${whole}`, `xstate.${whole}.*`] : [whole, `${whole}.*`];
    });
