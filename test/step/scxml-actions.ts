// Executable content of SCXML as XState's actions, and its expressions (JavaScript) as functions of context and event. What
// XState does not have is refused with the reason.
import {
  type AnyActorRef,
  type AnyEventObject,
  assign,
  cancel,
  enqueueActions,
  log,
  type MachineContext,
  raise,
  sendTo,
} from 'xstate';
import type { Element } from './scxml-xml.ts';

/** Why a document cannot be converted. */
export class NotInXState extends Error {}

export const refuse = (reason: string): never => {
  throw new NotInXState(reason);
};

export interface Given {
  readonly context: MachineContext;
  readonly event: AnyEventObject;
}
export type Expression = (given: Given) => unknown;

const set = assign<MachineContext, AnyEventObject, undefined, AnyEventObject, never>;
const raising = raise<MachineContext, AnyEventObject, AnyEventObject, undefined, never, never>;
const sending = sendTo<MachineContext, AnyEventObject, undefined, AnyActorRef, AnyEventObject, never, never>;
const cancelling = cancel<MachineContext, AnyEventObject, undefined, AnyEventObject>;
const logging = log<MachineContext, AnyEventObject, undefined, AnyEventObject>;
const choosing = enqueueActions<
  MachineContext,
  AnyEventObject,
  undefined,
  AnyEventObject,
  never,
  never,
  never,
  never,
  AnyEventObject
>;
export type Action = ReturnType<
  typeof set | typeof raising | typeof sending | typeof cancelling | typeof logging | typeof choosing
>;

/** Variables that XState has none of, and the fields of events beyond name and data. */
const systemVariable = /\b_(?:sessionid|name|ioprocessors|x)\b/;
const eventField = /\b_event(?!\.(?:name|data)\b)/;

/** Compiles what a document says over its data, by name. */
export class Compiler {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  toExpression(source: string): Expression {
    const run = this.#compile(`return (${source});`);
    return ({ context, event }) => run(context, event);
  }

  /** A function to the data that a script leaves. */
  #toScript(source: string): (given: Given) => Record<string, unknown> {
    const run = this.#compile(`${source}\n;return {${this.#names.join()}};`);
    return ({ context, event }) => Object(run(context, event));
  }

  #compile(body: string) {
    if (systemVariable.test(body)) return refuse('system variables');
    if (eventField.test(body)) return refuse('fields of events beyond name and data');
    if (/\bIn\(/.test(body)) return refuse('In() within a larger expression');
    let run: (...given: unknown[]) => unknown;
    try {
      const made: unknown = Reflect.construct(Function, [...this.#names, '_event', body]);
      if (typeof made !== 'function') return refuse('no function');
      run = (...given) => Reflect.apply(made, undefined, given);
    } catch {
      return refuse('an expression that does not parse');
    }
    return (context: MachineContext, event: AnyEventObject) =>
      // A script may change what it is given in place.
      run(...this.#names.map((name) => structuredClone(context[name])), {
        name: event.type.replace(/^xstate\.(?=done\.)/, ''),
        data: event['data'] ?? event['output'],
      });
  }

  toActions(elements: readonly Element[]): Action[] {
    return elements.map((element) => this.#toAction(element));
  }

  #toAction(element: Element): Action {
    const { name, attributes, text } = element;
    if (name === 'log') return logging(attributes['label'] ?? '');
    if (name === 'raise') return raising({ type: attributes['event'] ?? '' });
    if (name === 'assign') return this.#toAssign(element);
    if (name === 'script' && attributes['src'] === undefined) return set(this.#toScript(text));
    if (name === 'if') return this.#toIf(element);
    if (name === 'foreach') return this.#toForeach(element);
    if (name === 'send') return this.#toSend(element);
    if (name === 'cancel') {
      const id = this.#read(element, 'sendid');
      return cancelling((given: Given) => String(id?.(given)));
    }
    return refuse(name === 'script' ? 'scripts of other files' : `<${name}>`);
  }

  /** An attribute that is a text or, as `…expr`, an expression. */
  #read({ attributes }: Element, name: string): Expression | undefined {
    const text = attributes[name];
    if (text !== undefined) return () => text;
    const source = attributes[`${name}expr`];
    return source === undefined ? undefined : this.toExpression(source);
  }

  #toAssign({ attributes, text }: Element): Action {
    const { location = '', expr } = attributes;
    const data = this.toExpression(expr ?? text);
    if (/^\w+$/.test(location)) {
      if (!this.#names.includes(location)) return refuse('an assignment to what is not declared');
      return set({ [location]: data });
    }
    return set(this.#toScript(`${location} = (${expr ?? text});`));
  }

  #toIf({ attributes, children }: Element): Action {
    const branches: { condition: Expression; content: Element[] }[] = [
      { condition: this.toExpression(attributes['cond'] ?? 'false'), content: [] },
    ];
    for (const child of children) {
      if (child.name === 'elseif' || child.name === 'else') {
        branches.push({ condition: this.toExpression(child.attributes['cond'] ?? 'true'), content: [] });
      } else branches.at(-1)?.content.push(child);
    }
    const ready = branches.map(({ condition, content }) => ({ condition, actions: this.toActions(content) }));
    return choosing(({ enqueue, context, event }) => {
      const taken = ready.find(({ condition }) => condition({ context, event }));
      for (const action of taken?.actions ?? []) enqueue(action);
    });
  }

  #toForeach({ attributes, children }: Element): Action {
    const items = this.toExpression(attributes['array'] ?? '');
    const { item = '', index } = attributes;
    const names = [item, ...(index === undefined ? [] : [index])];
    if (!names.every((name) => this.#names.includes(name))) return refuse('a variable that a loop declares');
    const actions = this.toActions(children);
    return choosing(({ enqueue, context, event }) => {
      for (const [place, value] of Object.entries(Object(items({ context, event })))) {
        enqueue(set({ [item]: value, ...(index !== undefined && { [index]: Number(place) }) }));
        for (const action of actions) enqueue(action);
      }
    });
  }

  #toSend(element: Element): Action {
    const { attributes } = element;
    const { type, target, id } = attributes;
    if ('typeexpr' in attributes || !/^(?:|.*SCXMLEventProcessor)$/.test(type ?? ''))
      return refuse('other processors of events');
    if ('targetexpr' in attributes || (target !== undefined && target !== '#_internal'))
      return refuse('messages to other sessions');
    if ('idlocation' in attributes) return refuse('ids that are made up for sends');
    const name = this.#read(element, 'event');
    if (name === undefined) return refuse('events without a name');
    const delay = this.#read(element, 'delay');
    const data = this.toData(element);
    const toEvent = (given: Given) => {
      const said = data?.(given);
      return { type: String(name(given)), ...(said !== undefined && { data: said }) };
    };
    if (target === '#_internal') return raising(toEvent);
    const options = {
      ...(id !== undefined && { id }),
      ...(delay && { delay: (given: Given) => toDelay(String(delay(given))) }),
    };
    return sending(({ self }) => self, toEvent, options);
  }

  /** What a send or a final state gives: content, or parameters by name. */
  toData({ attributes, children }: Element): Expression | undefined {
    const content = children.find(({ name }) => name === 'content');
    if (content !== undefined) {
      if (content.children.length > 0) return refuse('XML as data');
      const { expr } = content.attributes;
      const text = content.text.trim().replaceAll(/\s+/g, ' ');
      return expr === undefined ? () => toValue(text) : this.toExpression(expr);
    }
    const named = (attributes['namelist'] ?? '').split(/\s+/).filter((name) => name !== '');
    const given = children.filter(({ name }) => name === 'param').map((parameter) => parameter.attributes);
    const parts = [
      ...named.map((name) => ({ name, value: this.toExpression(name) })),
      ...given.map(({ name = '', expr, location = '' }) => ({
        name,
        value: this.toExpression(expr ?? location),
      })),
    ];
    if (parts.length === 0) return undefined;
    return (at) => Object.fromEntries(parts.map(({ name, value }) => [name, value(at)]));
  }
}

/** A tenth of what the document says: nothing but the order of delays counts. */
const toDelay = (text: string): number => {
  const [, number = '', unit] = /^(\d*\.?\d+)(ms|s)$/.exec(text) ?? [];
  if (unit === undefined) return 0;
  return Math.max(1, Math.round(Number(number) * (unit === 's' ? 100 : 0.1)));
};

const toValue = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
