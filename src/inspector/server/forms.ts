// The moves as forms: what the engine says of its own two, and what the application's display says of them and of all
// others. It never decides which moves are open: the charts do.
import type { Application } from '../../application.ts';
import type { MoveForm } from '../../display.ts';
import type { Incident, Move, SystemView } from '../../step/view.ts';
import type { BulkMove, OpenMove } from './protocol.ts';

/** The moves that every application's incidents have. */
const engineForms: Readonly<Record<string, MoveForm>> = {
  retry: {
    label: 'Retry',
    fields: [{ name: 'note', label: 'Note' }],
    isBulk: true,
    consequence: () => 'Starts again with the first attempt, under the same idempotency key.',
  },
  resolve: {
    label: 'Resolve',
    fields: [{ name: 'note', label: 'Note', isRequired: true }],
    consequence: () =>
      'The order continues as if this outcome had been reported. Your note is kept in its journal.',
  },
};

const toForm = ({ display }: Application, move: string): MoveForm & { readonly label: string } => ({
  label: `${move.charAt(0).toUpperCase()}${move.slice(1)}`,
  ...engineForms[move],
  ...display?.moves?.[move],
});

/** `Cancel order`, `Retry payment`. */
export const toLabel = (application: Application, { move, actor }: Move): string => {
  const { label } = toForm(application, move);
  return actor === undefined ? label : `${label} ${actor}`;
};

/** What an order accepts now. */
export const toOpenMoves = (application: Application, view: SystemView): readonly OpenMove[] =>
  view.moves.map((open) => {
    const { move, actor, outcomes = [] } = open;
    const { fields = [], path = move, isDangerous = false, ...form } = toForm(application, move);
    const parts = form.parts?.(view, open);
    return {
      label: toLabel(application, open),
      ...(parts === undefined ? {} : { parts }),
      consequence: form.consequence?.(view) ?? '',
      fields: fields.filter(({ outcome }) => outcome === undefined || outcomes.includes(outcome)),
      outcomes,
      path,
      ...(actor === undefined ? {} : { actor }),
      version: view.version,
      isDangerous,
    };
  });

/** The open incidents, with the display's texts. Stored texts keep their old word for quarantined messages. */
export const toIncidents = ({ display }: Application, { incidents }: SystemView): readonly Incident[] =>
  incidents.map((incident) => ({
    ...incident,
    text: display?.incidents?.[incident.reason] ?? incident.text.replace('was set aside', 'is quarantined'),
  }));

/** The moves that may be made for many orders at once. */
export const findBulkMoves = (application: Application): readonly BulkMove[] =>
  Object.keys(application.moves).flatMap((move) => {
    const { label, path = move, fields = [], isBulk, isDangerous = false } = toForm(application, move);
    return isBulk ? [{ move, label, path, field: fields[0] ?? null, isDangerous }] : [];
  });
