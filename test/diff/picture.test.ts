// The picture of two versions: that it is an SVG that stands alone, and shows every change with a colour, a stroke and a
// label.
import { expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { z } from 'zod';
import type { MessageDeclaration } from '../../src/application.ts';
import { compareVersions, type VersionParts } from '../../src/diff/compare.ts';
import { drawVersions } from '../../src/diff/picture.ts';
import { door } from './door.ts';
import { editChart } from './edited-charts.ts';
import { firstVersion, secondVersion } from './second-shop.ts';

const draw = (older: VersionParts, newer: VersionParts): Promise<string> => {
  const changes = compareVersions(older, newer);
  const summary = { changes: changes.length, added: 0, removed: 0, changed: 0, altering: 0 };
  return drawVersions({ from: '1', to: '2', summary, changes }, older, newer);
};

const fromXml = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** The texts of all elements of a kind; rows that continue a line are joined to it. */
const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text class="mono (\w+)"[^>]*>([^<]*)<\/text>/g)]
    .map(([, status = '', text = '']) => ({ status, text: fromXml(text) }))
    .reduce<string[]>((lines, { text }) => {
      if (text.startsWith('   ')) lines.push(`${lines.pop()} ${text.trimStart()}`);
      else lines.push(text);
      return lines;
    }, []);

/** The names of elements that are opened and closed in another order, or that are left open. */
const findMisplaced = (svg: string): readonly string[] => {
  const open: string[] = [];
  const misplaced: string[] = [];
  for (const [, end, name = '', , alone] of svg.matchAll(
    /<(\/?)([\w]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (alone) continue;
    if (!end) open.push(name);
    else if (open.pop() !== name) misplaced.push(name);
  }
  return [...misplaced, ...open];
};

const statusOf = (svg: string, state: string): string | undefined =>
  new RegExp(
    `class="state (?:inner|outer) (\\w+)"[^>]*>(?:<title>[^<]*</title>)?<rect[^>]* data-state="${state}"`,
  ).exec(svg)?.[1];

const shop = await draw(firstVersion, secondVersion);

it('the picture is well-formed XML that needs nothing else', () => {
  expect(findMisplaced(shop)).toEqual([]);
  const withoutElements = shop.replace(/<\/?\w+(?:\s+[\w-]+="[^"<]*")*\s*\/?>/g, '');
  expect(withoutElements).not.toMatch(/</);
  expect(shop.replace(/&(?:amp|lt|gt|quot);/g, '')).not.toContain('&');
  expect(shop).not.toMatch(/<script|<image|@import|url\((?!#)|href|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
});

it('what happened to a state is its colour, its stroke and the sign before its name', () => {
  expect(['paused', 'rejected', 'reserving', 'placing'].map((state) => statusOf(shop, state))).toEqual([
    ...['added', 'removed', 'changed', 'same'],
  ]);
  expect(shop).toContain('>+ <tspan class="own">paused</tspan>');
  expect(shop).toContain('>- <tspan class="own">rejected</tspan>');
  for (const status of ['added', 'removed', 'changed']) {
    expect(shop).toMatch(new RegExp(`\\.state\\.${status} rect \\{ stroke: #`));
    expect(shop).toMatch(new RegExp(`\\.edge\\.${status} path \\{ stroke-(width|dasharray)`));
    expect(shop).toContain(`class="edge ${status}"`);
  }
  expect(shop).toContain('prefers-color-scheme: dark');
});

it('every change has a label, also each use of a name behind which something changed', () => {
  expect(textsOf(shop).filter((text) => /^[-+~]/.test(text))).toEqual([
    '~ note description: the check of stock and prices ⇒ the check of stock, prices and limits',
    '~! entry: announceValidated, announceStarted, askToReserve ⇒ announceStarted, askToReserve',
    '~! inventory.check-failed target: rejected ⇒ compensating',
    '-! inventory.check-failed, until now',
    '+! order.pause / noteOrder',
    '-! after authorizationExpiry / noteFailure("authorization-expired")',
    '+ order.resume',
    '+ order.cancel',
    '~! guard isRefundable: its implementation changed, used in charged.kept',
    '~! deadline lookUpBackOff: its implementation changed, used in lookingUp.backingOff',
    '~! tags: settled ⇒ none',
    '~! gateway.refused guard: isCurrent ⇒ mayTryAgain',
    '~! after lookUpBackOff: implementation of lookUpBackOff changed',
    '~! payment.refund: implementation of isRefundable changed',
  ]);
});

/** The lines of states in a picture of one actor, and whether each ends within its state. */
const measureLines = (svg: string) => {
  const states = [...svg.matchAll(/<g class="state [^"]*" transform="([^"]*)">(.*?)<\/g>/gs)];
  const widths = new Map(
    states.flatMap(([, place = '', inside = '']) => {
      const [, found] = /<rect width="([\d.]+)"[^>]* data-state/.exec(inside) ?? [];
      return found === undefined ? [] : [[place, Number(found)] as const];
    }),
  );
  return states.flatMap(([, place = '', inside = '']) =>
    [...inside.matchAll(/<text class="mono \w+" x="(\d+)"[^>]*>([^<]*)</g)].map(([, x, text = '']) => ({
      text,
      fits: Number(x) + fromXml(text).length * 6.02 <= (widths.get(place) ?? 0),
    })),
  );
};

it('every line of a state fits into its frame', async () => {
  const newer = editChart(door, {
    open: (state) => ({
      ...state,
      initial: 'wide',
      entry: ['sweep', 'greet', 'sweep'],
      states: { wide: {} },
    }),
    locked: (state) => ({ ...state, description: 'a key, whoever may have it and wherever that may be' }),
  });
  const lines = measureLines(await draw({ charts: { door } }, { charts: { door: newer } }));
  expect(lines.length).toBeGreaterThan(4);
  expect(lines.filter(({ fits }) => !fits)).toEqual([]);
});

it('a transition that stays in its state is a line in that state', async () => {
  const newer = editChart(door, {
    locked: (state) => ({ ...state, on: { ...state.on, ring: { actions: 'greet' } } }),
  });
  const svg = await draw({ charts: { door } }, { charts: { door: newer } });
  expect(statusOf(svg, 'locked')).toBe('changed');
  expect(textsOf(svg)).toContain('+! ring → stays / greet');
});

it('an actor that is added or removed is drawn as a whole', async () => {
  const svg = await draw({ charts: { door } }, { charts: { gate: door } });
  expect(svg.match(/class="state (inner|outer) removed"[^>]*><rect/g)).toHaveLength(5);
  expect(svg.match(/class="state (inner|outer) added"[^>]*><rect/g)).toHaveLength(5);
});

it('actors without a difference are named and not drawn', async () => {
  expect(shop).toContain('Without a difference: inventory, notification.');
  const svg = await draw({ charts: { door } }, { charts: { door } });
  expect(svg).toContain('No difference. Without a difference: door.');
  expect(svg).not.toContain('data-state');
});

it('differences of declarations are listed', async () => {
  const knock: MessageDeclaration = {
    ...{ version: 1, kind: 'command', from: ['guest'], to: ['door'], payload: z.strictObject({}) },
  };
  const svg = await draw({ charts: {}, messages: {} }, { charts: {}, messages: { knock } });
  expect(textsOf(svg)).toEqual(['+  message    knock']);
});

it('names with characters that XML reserves are shown as they are', async () => {
  const withEvent = (event: string) =>
    createMachine({ id: 'a', initial: 'b', states: { b: { on: { [event]: 'c' } }, c: {} } });
  const svg = await draw({ charts: { a: withEvent('go') } }, { charts: { a: withEvent('<"&\u0001>') } });
  expect(findMisplaced(svg)).toEqual([]);
  expect(textsOf(svg)).toContain('+! <"&>');
});

it('several notes of a state are one row, which is no change of it; the tip has them all', async () => {
  const lamp = (note: string) =>
    createMachine({
      id: 'lamp',
      initial: 'off',
      states: { off: { description: note, meta: { ignores: { dim: note } } } },
    });
  const svg = await draw({ charts: { lamp: lamp('dark') } }, { charts: { lamp: lamp('no light') } });
  expect(textsOf(svg)).toContain('~ 2 notes');
  expect(statusOf(svg, 'off')).toBe('same');
  expect(fromXml(svg)).toContain('~ note ignores dim: dark ⇒ no light');
});
