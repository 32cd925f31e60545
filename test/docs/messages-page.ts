// docs/messages.md: every message, with who says it to whom and what it carries. Rendering only; the words
// are declared in machines/messages.ts.
import { z } from 'zod';
import { type MessageType, messages, messageTypes } from '../../machines/messages.ts';
import { toHeading, toTable } from './page.ts';

export const renderMessages = (): string =>
  [
    toHeading(
      'Every message',
      'All words that customers, operators, the four actors and the three services exchange. A *command* asks for something, an *event* says that it happened. What goes to the `journal` is a domain event: kept for ever, and described for readers outside in [asyncapi.json](asyncapi.json).',
      'Each message travels with an id, the order id, the time, a correlation id and a causation id (the message that caused it). Amounts are whole minor units. Fields with `?` may be left out; a field that is not listed is refused.',
    ),
    ...sections.map(([title, belongs]) => toSection(title, messageTypes.filter(belongs))),
  ].join('\n');

const isSaidBy = (type: MessageType, names: readonly string[]) =>
  messages[type].from.some((name) => names.includes(name));
const isPeople = (type: MessageType) => isSaidBy(type, ['customer', 'operator']);
const isJournal = (type: MessageType) => messages[type].to.some((name) => name === 'journal');
const isService = (type: MessageType) => /^(warehouse|gateway|mailer)\./.test(type);

const sections: readonly (readonly [string, (type: MessageType) => boolean])[] = [
  ['What people ask for', isPeople],
  ['What happened (domain events)', isJournal],
  ['Between the actors', (type) => !isPeople(type) && !isJournal(type) && !isService(type)],
  ['To the services and back', isService],
];

const toSection = (title: string, types: readonly MessageType[]): string =>
  [
    `## ${title}`,
    '',
    toTable(
      ['Message', 'Kind', 'Version', 'From', 'To', 'Carries'],
      types.map((type) => {
        const { kind, version, from, to, payload } = messages[type];
        return [`\`${type}\``, kind, String(version), from.join(', '), to.join(', '), toFields(payload)];
      }),
    ),
    '',
  ].join('\n');

/** The part of a JSON Schema that is told here. */
const described = z.object({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  get items() {
    return described.optional();
  },
  get anyOf() {
    return z.array(described).optional();
  },
  get properties() {
    return z.record(z.string(), described).optional();
  },
  required: z.array(z.string()).optional(),
});
type Described = z.infer<typeof described>;

const toFields = (payload: z.ZodType): string => {
  const { properties = {}, required = [] } = described.parse(z.toJSONSchema(payload));
  return Object.entries(properties)
    .map(([name, field]) => `\`${name}${required.includes(name) ? '' : '?'}\` ${toKind(field)}`)
    .join('<br>');
};

const toKind = ({ type, format, items, properties, anyOf, ...field }: Described): string => {
  if (anyOf) return anyOf.map(toKind).join(' or ');
  if (field.enum) return field.enum.map((each) => `"${each}"`).join(' or ');
  if (items) return `list of ${toKind(items)}`;
  if (properties) return `{ ${Object.keys(properties).join(', ')} }`;
  return format ?? (type === 'string' ? 'text' : String(type));
};
