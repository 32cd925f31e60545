import { describe, expect, it } from 'vitest';
import { createActor, createMachine, type EventObject, SimulatedClock, setup } from 'xstate';
import type { MessageFor } from '../../machines/catalogue.ts';
import { chartParts, incidentGuards } from '../../machines/chart.ts';
import { ask, command, event, extendMessages } from '../../machines/extend-messages.ts';
import { insertState } from '../../machines/insert-state.ts';
import { orderSystem } from '../../machines/system.ts';
import { describeChart } from './chart-description.ts';

const { order } = orderSystem.charts;
const types = { events: {} as EventObject };
const packing = { types, name: 'packing', before: 'sent', state: { on: { packed: 'sent' } } };

/** A chart that leads to `sent` in every way that XState has. */
const toy = createMachine({
  id: 'toy',
  initial: 'open',
  on: { hurry: '.sent', stop: '.open' },
  states: {
    open: {
      on: {
        send: 'sent',
        sendIf: [{ guard: () => true, target: 'sent' }, { target: 'open' }],
        sendMany: { target: ['sent'] },
        note: { actions: [] },
        never: undefined,
      },
      after: { 100: 'sent' },
    },
    checking: { always: { target: '#toy.sent' } },
    working: {
      initial: 'inner',
      onDone: 'sent',
      states: {
        inner: { on: { finish: 'done', send: 'sent', sendOut: '#toy.sent' } },
        sent: {},
        done: { type: 'final' },
      },
    },
    sent: {
      states: undefined,
      on: { again: { target: 'sent', reenter: true }, open: 'open', check: 'checking', work: 'working' },
    },
  },
});

const run = (...sent: readonly string[]) => {
  const clock = new SimulatedClock();
  const actor = createActor(insertState(toy, packing), { clock }).start();
  for (const type of sent) {
    if (type === 'wait') clock.increment(100);
    else actor.send({ type });
  }
  return actor.getSnapshot().value;
};
const reachSent = ['send', 'packed'];

describe('an inserted state', () => {
  it.each([
    ['a sibling', ['send']],
    ['a guarded transition', ['sendIf']],
    ['a list of targets', ['sendMany']],
    ['a deadline', ['wait']],
    ['the chart itself', ['hurry']],
    ['an eventless transition, by id', [...reachSent, 'check']],
    ['an inner state, by id', [...reachSent, 'work', 'sendOut']],
    ['a state whose inner states are done', [...reachSent, 'work', 'finish']],
  ])('is entered first from %s', (_from, sent) => {
    expect(run(...sent)).toBe('packing');
    expect(run(...sent, 'packed')).toBe('sent');
  });

  it('leaves alone what leads elsewhere, and inner states of the same name', () => {
    expect(run('stop')).toBe('open');
    expect(run('note')).toBe('open');
    expect(run(...reachSent, 'work', 'send')).toEqual({ working: 'sent' });
    expect(run(...reachSent, 'open')).toBe('open');
  });

  it('is not entered by the transitions of the state that it comes before', () => {
    expect(run(...reachSent, 'again')).toBe('sent');
  });

  it('is the first state if it comes before the first one', () => {
    const before = { ...packing, before: 'open', state: { on: { packed: 'open' } } };
    expect(createActor(insertState(toy, before)).start().getSnapshot().value).toBe('packing');
  });

  it('brings its delays, and reasons for what is ignored elsewhere', () => {
    const delays = { packDeadline: 50 };
    const state = { after: { packDeadline: 'sent' } };
    const chart = insertState(toy, { ...packing, delays, state, ignores: { packed: 'nothing is packed' } });
    expect(chart.root.meta).toEqual({ ignores: { packed: 'nothing is packed' } });
    const clock = new SimulatedClock();
    const actor = createActor(chart, { clock }).start();
    actor.send({ type: 'send' });
    clock.increment(50);
    expect(actor.getSnapshot().value).toBe('sent');
  });

  it('comes before the notice of an order, with the rest of the chart as it was', () => {
    const before = describeChart(order);
    const chart = insertState(order, {
      ...packing,
      before: 'notifying',
      state: { on: { packed: 'notifying' } },
    });
    expect(describeChart(order)).toEqual(before);
    const changed = describeChart(chart).filter((line) => !before.includes(line));
    expect(changed).toEqual([
      'paying.committing inventory.commit-completed → packing',
      'paying.committing.needsAttention incident.resolve → packing',
      'packing packed → notifying',
    ]);
  });

  it.each([
    [
      { before: 'shipped' },
      "The chart 'toy' has no top-level state 'shipped'; it has open, checking, working, sent.",
    ],
    [{ name: 'open' }, "The chart 'toy' has a state 'open': take another name."],
  ])('with %o is refused, with the reason', (wrong, message) => {
    expect(() => insertState(toy, { ...packing, state: {}, ...wrong })).toThrow(message);
  });

  it('is refused where nothing leads to the next state', () => {
    const lonely = createMachine({ id: 'lonely', initial: 'a', states: { a: {}, b: {} } });
    expect(() => insertState(lonely, { ...packing, before: 'b', state: {} })).toThrow(
      "Nothing in the chart 'lonely' leads to 'b': insert 'packing' elsewhere.",
    );
  });
});

describe('messages of an application that extends the shop', () => {
  const messages = extendMessages(['shipping'], {
    'shipping.book': command(['order'], ['shipping'], {}),
    'shipping.booked': event(['shipping'], ['order', 'journal'], {}),
    'courier.book': ask('shipping', 'courier', {}, { purposes: ['booking'], replies: [] }),
  });

  it('are those of the shop and the added ones', () => {
    expect(Object.keys(messages)).toEqual(
      expect.arrayContaining(['order.place', 'shipping.book', 'courier.book']),
    );
    expect(messages['courier.book'].payload.safeParse({ key: 'a/booking/1', attempt: 1 }).success).toBe(true);
  });

  it('know the added actor in those about incidents, and no other', () => {
    const opened = messages['incident.opened'].payload;
    const about = { reason: 'late', text: 'it is late' };
    expect(opened.safeParse({ actor: 'shipping', ...about }).success).toBe(true);
    expect(opened.safeParse({ actor: 'payment', ...about }).success).toBe(true);
    expect(opened.safeParse({ actor: 'courier', ...about }).success).toBe(false);
    expect(messages['incident.retry'].to).toContain('shipping');
    expect(messages['incident.resolve'].to).toContain('shipping');
    expect(messages['incident.closed'].from).toContain('shipping');
  });

  it('are what charts of the application send: an incident names its actor', () => {
    type Received = MessageFor<typeof messages, 'shipping'>;
    const { incident } = chartParts<object, Received, typeof messages>('shipping');
    const outcomes = { lost: { target: 'waiting' } };
    const late = incident({ reason: 'late', text: 'it is late', retry: 'waiting', outcomes });
    const shipping = setup({ types: { context: {}, events: {} as Received }, guards: incidentGuards });
    const chart = shipping.createMachine({
      ...{ id: 'shipping', context: {}, initial: 'late' },
      states: { waiting: {}, late },
    });
    const actor = createActor(chart);
    const emitted: EventObject[] = [];
    actor.on('*', (each) => emitted.push(each));
    actor.start();
    actor.send({ type: 'incident.retry' });
    expect(emitted).toMatchObject([
      { type: 'incident.opened', actor: 'shipping', reason: 'late' },
      { type: 'incident.closed', actor: 'shipping', how: 'retried' },
    ]);
  });
});
