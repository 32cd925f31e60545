// The generated documents: what is in docs/ is what the charts and the messages say today.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { actorNames, messages, messageTypes } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { drawChart } from './charts-page.ts';
import { docsFolder, renderDocuments } from './documents.ts';
import { leafPaths } from './leaves.ts';
import { clientTypes, renderClientTypes } from './openapi.ts';

const documents = await renderDocuments();
const textOf = (name: string): string => documents.get(name) ?? '';
const events = messageTypes.filter((type) => messages[type].to.some((to) => to === 'journal'));

describe('docs/', () => {
  it.each([...documents.keys()])('%s is up to date', async (name) => {
    const kept = await readFile(new URL(name, docsFolder), 'utf8').catch(() => '');
    expect(kept === documents.get(name), `docs/${name} is stale: run npm run docs`).toBe(true);
  });
});

describe('orderchart/client', () => {
  it('has the types of docs/openapi.json', async () => {
    const kept = await readFile(clientTypes, 'utf8');
    const made = await renderClientTypes(textOf('openapi.json'));
    expect(kept === made, `${clientTypes.pathname} is stale: run npm run docs`).toBe(true);
  });
});

describe('matrix.md', () => {
  it('has a table for every state of every chart', () => {
    for (const name of actorNames) {
      for (const state of leafPaths(orderSystem.charts[name].root)) {
        expect(textOf('matrix.md')).toContain(`\n### ${name}: ${state}\n`);
      }
    }
  });

  it('says something of every message everywhere', () => {
    expect(textOf('matrix.md')).not.toContain('nothing is said about it');
  });
});

describe('messages.md', () => {
  it.each(messageTypes)('tells of %s once', (type) => {
    expect(textOf('messages.md').split(`| \`${type}\` |`)).toHaveLength(2);
  });
});

describe('charts.md', () => {
  it('draws each of the four charts', () => {
    expect(textOf('charts.md').split('```mermaid\nstateDiagram-v2')).toHaveLength(5);
  });

  it.each(actorNames)('draws every state of %s, and arrows between states only', (name) => {
    const drawing = drawChart(orderSystem.charts[name]);
    const declared = new Set([...drawing.matchAll(/state ".+" as (\w+)/g)].map(([, id]) => id));
    for (const state of leafPaths(orderSystem.charts[name].root)) {
      expect(declared).toContain(state.replaceAll('.', '_'));
    }
    for (const [, from, to] of drawing.matchAll(/(\S+) --> (\S+)/g)) {
      for (const end of [from, to]) if (end !== '[*]') expect(declared).toContain(end);
    }
  });

  it('uses no sign in a label that ends it for Mermaid', () => {
    for (const [, label] of textOf('charts.md').matchAll(/ --> \S+ : (.*)/g)) {
      expect(label).not.toMatch(/[:;]/);
    }
  });
});

describe('asyncapi.json', () => {
  const document = JSON.parse(textOf('asyncapi.json'));

  it('is an AsyncAPI 3.0 document with two channels', () => {
    expect(document).toMatchObject({ asyncapi: '3.0.0' });
    expect(Object.keys(document.channels)).toEqual(['order', 'orders']);
  });

  it.each(events)('describes %s with a JSON Schema', (type) => {
    expect(document.components.messages[type]).toMatchObject({ name: type });
    expect(document.components.schemas[type]).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(document.components.schemas[type].properties ?? {})).toEqual(
      Object.keys(messages[type].payload.shape),
    );
  });

  it('tells nothing that is between the actors alone', () => {
    expect(Object.keys(document.components.messages)).toEqual(events);
  });

  it('refers to nothing that is not there', () => {
    for (const [, path] of textOf('asyncapi.json').matchAll(/"\$ref": "#\/([^"]+)"/g)) {
      const found = String(path)
        .split('/')
        .reduce((part, name) => part?.[name], document);
      expect(found, path).toBeDefined();
    }
  });
});
