// `orderchart diff FROM TO`: prints what differs between two versions of the charts, and draws it. It reads no store and
// changes nothing. Exit codes are those of `diff`: 0 no difference, 1 differences, 2 trouble.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AppError, describeError } from '../errors.ts';
import { type Change, type CompareVersions, toChangeText, type VersionDiff } from '../version-diff.ts';

const toHelp = (versions: readonly string[]): string => `Usage: orderchart diff FROM TO [--json] [--svg FILE]

Compares two versions of the charts: actors, states, transitions, deadlines, guards, actions, messages and notes.
Marked with ! is what alters stored orders: one that is stored on FROM would do something else with the charts
of TO. Guards, actions and delays are compared by name, and behind their names by the text of their functions;
what those functions call is not followed.

  --json  prints the whole comparison as JSON
  --svg   also draws both versions as one picture into FILE

The versions are: ${versions.join(', ')}

Exit code: 0 no difference, 1 differences, 2 it could not be compared or drawn.`;

const options = {
  json: { type: 'boolean' },
  svg: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs the command with `words` behind its name. Sets the process's exit code.
 * @throws AppError `invalid-setting` for a version that there is not, or a file that cannot be written.
 */
export const printDiff = async (
  words: readonly string[],
  { versions, compare, draw }: CompareVersions,
): Promise<void> => {
  const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
  if (values.help) {
    console.log(toHelp(versions));
    return;
  }
  const [from, to, ...rest] = positionals;
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new AppError(
      'invalid-setting',
      `diff needs two versions: orderchart diff FROM TO. The versions are: ${versions.join(', ')}`,
    );
  }
  const diff = compare(from, to);
  if (values.svg !== undefined) await writePicture(values.svg, await draw(from, to));
  console.log(values.json ? JSON.stringify(diff, null, 2) : toText(diff));
  process.exitCode = diff.changes.length === 0 ? 0 : 1;
};

const writePicture = async (path: string, svg: string): Promise<void> => {
  try {
    await writeFile(path, svg);
  } catch (error) {
    throw new AppError('invalid-setting', `Invalid --svg=${path}: ${describeError(error)}`);
  }
};

const toText = ({ from, to, summary, changes }: VersionDiff): string => {
  const title = `Chart versions ${from} → ${to}`;
  if (changes.length === 0) return `${title}: no difference.`;
  const { added, removed, changed, altering } = summary;
  return [
    title,
    ...Map.groupBy(changes, ({ actor }) => actor)
      .entries()
      .map(([actor, ofActor]) => toGroup(actor, ofActor)),
    '\n+ added   - removed   ~ changed   ! alters what stored orders would do   before ⇒ after\n',
    `${toCount(changes.length)}: ${added} added, ${removed} removed, ${changed} changed; ${altering} of them ${altering === 1 ? 'alters' : 'alter'} what stored orders would do.`,
  ].join('\n');
};

const toCount = (changes: number): string => (changes === 1 ? '1 change' : `${changes} changes`);

const toGroup = (actor: string, changes: readonly Change[]): string =>
  `\n${actor}\n${changes.map((change) => `  ${toChangeText(change)}`).join('\n')}`;
