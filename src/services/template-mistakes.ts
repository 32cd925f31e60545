// What is wrong with a Mustache template of a mail, found before it is ever filled in: placeholders that its notice does
// not have or that it lacks, and whatever would leave a value unescaped. It reads no files.
import Mustache, { type TemplateSpans } from 'mustache';
import type { Slot, Slots } from './mail-notices.ts';

/**
 * The first mistake, to be read behind the template's name; undefined if there is none.
 * @param part a subject is `any part` of a notice: it may leave out what the notice needs.
 */
export const findTemplateMistake = (
  template: string,
  slots: Slots,
  part: 'whole' | 'any part' = 'whole',
): string | undefined => {
  let spans: TemplateSpans;
  try {
    spans = Mustache.parse(template);
  } catch (error) {
    return `${error instanceof Error ? error.message : error}. Correct the tag`;
  }
  const used = new Set<string>();
  const wrong = findWrongTag(spans, [{ path: '', slots }], (path) => used.add(path));
  if (wrong !== undefined || part === 'any part') return wrong;
  const missing = neededIn(slots, '').find((path) => !used.has(path));
  return (
    missing &&
    `it lacks ${missing.replace(/^(\w+)\.(\w+)$/, '{{#$1}}…{{$2}}…{{/$1}}').replace(/^\w+$/, '{{$&}}')}. Add it`
  );
};

/** The lists around a tag, the outermost first, and what each has. */
type Scopes = readonly { readonly path: string; readonly slots: Slots }[];

const findWrongTag = (
  spans: TemplateSpans,
  scopes: Scopes,
  use: (path: string) => void,
): string | undefined => {
  for (const [kind, name, , , inner] of spans) {
    if (kind === 'text' || kind === '!') continue;
    const tag = `{{${kind === 'name' ? '' : kind}${name}}}`;
    if (kind !== 'name' && kind !== '#' && kind !== '^') {
      return `${tag} is refused: every value is escaped. Write {{${name}}}`;
    }
    const found = find(scopes, name);
    if (found === undefined) {
      const known = scopes.flatMap(({ slots }) => Object.keys(slots)).join(', ');
      return `${tag} is unknown. Here can be: ${known}`;
    }
    const { slot, path } = found;
    const isSection = Array.isArray(inner);
    if (isSection !== (slot === 'flag' || typeof slot === 'object')) {
      return `${tag} is ${isSection ? `a value. Write {{${name}}}` : `no value. Write {{#${name}}}…{{/${name}}}`}`;
    }
    use(path);
    if (!isSection) continue;
    const isList = typeof slot === 'object' && kind === '#';
    const wrong = findWrongTag(inner, isList ? [...scopes, { path: `${path}.`, slots: slot }] : scopes, use);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const find = (scopes: Scopes, name: string): { slot: Slot; path: string } | undefined => {
  const scope = scopes.findLast(({ slots }) => Object.hasOwn(slots, name));
  const slot = scope?.slots[name];
  return scope && slot && { slot, path: `${scope.path}${name}` };
};

const neededIn = (slots: Slots, path: string): readonly string[] =>
  Object.entries(slots).flatMap(([name, slot]) => {
    if (typeof slot === 'object') return neededIn(slot, `${path}${name}.`);
    return slot === 'needed' ? [`${path}${name}`] : [];
  });
