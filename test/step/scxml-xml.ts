// The part of XML that SCXML documents are written in: elements, attributes, text, CDATA and the five entities. Comments and
// processing instructions are left out, and prefixes of names are dropped.

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface Open extends Element {
  readonly children: Element[];
  text: string;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[(?<data>[\s\S]*?)\]\]>|<\/[^>]*>|<(?<name>[\w:.-]+)(?<given>(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/g;
const attribute = /(?<key>[\w:.-]+)\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')/g;

const decode = (text: string): string =>
  text.replaceAll(/&(\w+);/g, (given, name: string) => entities[name] ?? given);

const toAttributes = (given: string): Record<string, string> =>
  Object.fromEntries(
    [...given.matchAll(attribute)].map(({ groups }) => [
      groups?.['key'] ?? '',
      decode(groups?.['double'] ?? groups?.['single'] ?? ''),
    ]),
  );

export const parseXml = (source: string): Element => {
  const document: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [document];
  for (const match of source.matchAll(token)) {
    const [whole] = match;
    const { data, name, given = '', empty, text } = match.groups ?? {};
    const current = open.at(-1) ?? document;
    if (whole.startsWith('</')) open.pop();
    else if (data !== undefined) current.text += data;
    else if (text !== undefined) current.text += decode(text);
    else if (name !== undefined) {
      const element: Open = {
        name: name.replace(/^.*:/, ''),
        attributes: toAttributes(given),
        children: [],
        text: '',
      };
      current.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  const [root] = document.children;
  if (root === undefined) throw new Error('there is no element');
  return root;
};
