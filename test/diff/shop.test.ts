// The shop's own charts against themselves and against an edited copy.
import { expect, it } from 'vitest';
import { messages } from '../../machines/messages.ts';
import { compareVersions } from '../../src/diff/compare.ts';
import { createCompareVersions } from '../../src/diff/diff.ts';
import { shop } from '../../src/shop/shop.ts';
import { editChart } from './edited-charts.ts';
import { firstVersion, secondVersion } from './second-shop.ts';

const ofShop = createCompareVersions(shop);

it('every version of the shop does not differ from itself', () => {
  expect(ofShop.versions[0]).toBe(shop.chartVersion);
  for (const version of ofShop.versions) expect(ofShop.compare(version, version).changes).toEqual([]);
});

it('copies of the charts do not differ from them', () => {
  const copies = Object.fromEntries(
    Object.entries(firstVersion.charts).map(([name, chart]) => [name, editChart(chart, {})]),
  );
  expect(compareVersions({ ...firstVersion, messages }, { charts: copies, messages })).toEqual([]);
});

it('each change of an edited shop is found once', () => {
  const found = compareVersions(firstVersion, secondVersion);
  expect(found.map(({ actor, kind, change, where, alters }) => [actor, kind, change, where, alters])).toEqual(
    [
      ['order', 'transition', 'changed', 'validating on inventory.check-failed', true],
      ['order', 'transition', 'added', 'validating on order.pause', true],
      ['order', 'message', 'added', 'validating', true],
      ['order', 'note', 'changed', 'validating', false],
      ['order', 'state', 'changed', 'reserving', true],
      ['order', 'deadline', 'removed', 'paying.authorized after authorizationExpiry', true],
      ['order', 'state', 'removed', 'rejected', true],
      ['order', 'state', 'added', 'paused', false],
      ['order', 'transition', 'added', 'paused on order.resume', false],
      ['order', 'transition', 'added', 'paused on order.cancel', false],
      ['payment', 'transition', 'changed', 'charging.asking on gateway.refused', true],
      ['payment', 'state', 'changed', 'declined', true],
      ['payment', 'guard', 'changed', 'isRefundable', true],
      ['payment', 'deadline', 'changed', 'lookUpBackOff', true],
    ],
  );
});

it('the way back has what was added as removed, and the other way round', () => {
  const [there, back] = [
    compareVersions(firstVersion, secondVersion),
    compareVersions(secondVersion, firstVersion),
  ];
  const list = (changes: typeof there, which: string) =>
    changes
      .filter(({ change }) => change === which)
      .map(({ kind, where }) => `${kind} ${where}`)
      .toSorted();
  expect(list(back, 'removed')).toEqual(list(there, 'added'));
  expect(list(back, 'added')).toEqual(list(there, 'removed'));
  expect(list(back, 'changed')).toEqual(list(there, 'changed'));
});
