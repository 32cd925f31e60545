// SCXML's cases, those of the W3C among them: planned transitions do what XState does alone, and what XState does of SCXML.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asWanted, findDocuments, runCase } from './scxml.ts';
import { otherOutcomes } from './scxml-cases.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const expected = new Map(
  Object.entries(otherOutcomes).flatMap(([outcome, names]) =>
    names.split(' ').map((name) => [name, outcome]),
  ),
);

describe('every case of SCXML', () => {
  const outcomes = new Map<string, string>();
  const messages = { taken: 0, whole: 0 };

  test.each(findDocuments())('%s gives the same with planned transitions and without', (name) => {
    const { outcome, delivered, whole } = runCase(name);
    outcomes.set(name.replace(/\.txml$/, ''), outcome);
    messages.taken += delivered;
    messages.whole += whole;
  });

  test('ends as SCXML wants, or is listed with the reason', () => {
    const others = [...outcomes].filter(([, outcome]) => outcome !== asWanted);
    expect(Object.fromEntries(others)).toEqual(Object.fromEntries(expected));
    expect(outcomes.size - others.length).toBe(192);
  });

  test('is planned for the most part', () => {
    expect(messages.whole / messages.taken).toBeLessThan(0.15);
  });
});
