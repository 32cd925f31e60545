// The commands of `orderchart`: which there are, what they are given, and how they end. Wrong usage and wrong
// settings end with one clear line and exit code 2; trouble at the start with one line and exit code 1.
import { parseArgs } from 'node:util';
import type { AcceptCopy, MakeBackup } from '../backup.ts';
import { systemClock } from '../clock.ts';
import { readSettings, type Settings, settingsSchema } from '../config.ts';
import { AppError, describeError } from '../errors.ts';
import type { MoveStore } from '../move.ts';
import { systemCodeOf } from '../own-files.ts';
import { readPackageVersion } from '../package-version.ts';
import type { RehearseHistories } from '../rehearsal.ts';
import type { ExamineStore } from '../shop/audit/outside.ts';
import type { Simulate } from '../simulation.ts';
import type { CompareVersions } from '../version-diff.ts';
import { acceptRestored, makeBackup } from './backup.ts';
import { showTrouble, toDemoEnvironment } from './demo.ts';
import { printDiff } from './diff.ts';
import { diagnose } from './doctor.ts';
import { helpOf, usage } from './help.ts';
import { type ReachKeys, runKeys } from './keys.ts';
import { migrateOrders, type ReachMigrations } from './migrate.ts';
import { moveStore } from './move.ts';
import { type OpenProvider, type ReconcileStore, reconcilePayments } from './reconcile.ts';
import { rehearseOrders } from './rehearse.ts';
import type { Create } from './running.ts';
import { placeSample } from './sample.ts';
import { serve } from './serve.ts';
import { surviveOutside } from './signals.ts';
import { simulateSeeds } from './simulate.ts';

const commands = ['start', 'serve', 'demo', 'help'] as const;

/** Commands whose exit code 1 is an answer: trouble is 2. */
const answersWithCode1: ReadonlySet<string> = new Set([
  'migrate',
  'rehearse',
  'reconcile',
  'backup',
  'restored',
  'move',
]);

/** What the commands are made of. */
export interface CommandParts {
  readonly create: Create;
  readonly examineStore: ExamineStore;
  readonly makeBackup: MakeBackup;
  readonly acceptCopy: AcceptCopy;
  readonly moveStore: MoveStore;
  readonly simulate: Simulate;
  readonly reachKeys: ReachKeys;
  readonly reachMigrations: ReachMigrations;
  readonly rehearse: RehearseHistories;
  readonly openProvider: OpenProvider;
  readonly reconcileStore: ReconcileStore;
  readonly compareVersions: CompareVersions;
}

/** Runs the command in `words` (the arguments without program and script). Sets the process's exit code. */
export const runCommand = async (words: readonly string[], parts: CommandParts): Promise<void> => {
  const [first, ...rest] = words;
  // Whatever is written, only this user may read it: orders, mails and ledgers are personal data.
  process.umask(0o077);
  surviveOutside();
  try {
    if (first === 'doctor') await diagnose(rest, parts.examineStore, systemClock);
    else if (first === 'simulate') await simulateSeeds(rest, parts.simulate, systemClock);
    else if (first === 'keys') await runKeys(rest, parts.reachKeys, systemClock);
    else if (first === 'backup') await makeBackup(rest, parts.makeBackup, systemClock);
    else if (first === 'restored') await acceptRestored(rest, parts.acceptCopy);
    else if (first === 'move') await moveStore(rest, parts.moveStore, systemClock);
    else if (first === 'migrate') await migrateOrders(rest, parts.reachMigrations, systemClock);
    else if (first === 'reconcile') await reconcilePayments(rest, parts, systemClock);
    else if (first === 'rehearse') await rehearseOrders(rest, parts.rehearse, systemClock);
    else if (first === 'diff') await printDiff(rest, parts.compareVersions);
    else await dispatch(words, parts.create);
  } catch (error) {
    const message = toMessage(error, first);
    if (message === undefined) throw error;
    const isUsage = isParseError(error) || (error instanceof AppError && error.code === 'invalid-setting');
    console.error(`orderchart: ${message}`);
    process.exitCode = isUsage || answersWithCode1.has(first ?? '') ? 2 : 1;
  }
};

/** One line that says what to do; undefined for a bug, which is shown as it is. */
const toMessage = (error: unknown, command: string | undefined): string | undefined => {
  if (error instanceof AppError) return error.message;
  if (isParseError(error)) {
    const [problem = ''] = error.message.split('. To specify');
    const known = command === undefined || command.startsWith('-') ? 'help' : `${command} --help`;
    return `${problem}. See \`orderchart ${known}\`.`;
  }
  if (systemCodeOf(error) !== undefined || isSqliteError(error)) {
    return `${describeError(error)}. See to the file and its disk, and start again.`;
  }
  return undefined;
};

const isSqliteError = (error: unknown): boolean => error instanceof Error && 'errcode' in error;

type Flag = { readonly type: 'string' } | { readonly type: 'boolean'; readonly short?: string };

const dispatch = async (words: readonly string[], create: Create): Promise<void> => {
  const { positionals, values } = parseArgs({ args: [...words], options: flags, allowPositionals: true });
  const [name = 'help', ...rest] = positionals;
  const command = commands.find((each) => each === name);
  if (values['version']) {
    console.log(readPackageVersion());
    return;
  }
  if (command === undefined || rest.length > 0) {
    throw new AppError('invalid-setting', `There is no command '${positionals.join(' ')}'.\n\n${usage}`);
  }
  if (command === 'help') {
    console.log(usage);
    return;
  }
  if (values['help']) {
    console.log(helpOf(command));
    return;
  }
  if (command === 'demo') {
    await serve(toSettings(values, toDemoEnvironment(process.env)), create, showTrouble);
    return;
  }
  await serve(toSettings(values), create, command === 'start' ? placeSample : undefined);
};

const toFlag = (name: string): string => name.toLowerCase().replaceAll('_', '-');

const flags: Record<string, Flag> = Object.fromEntries([
  ...Object.keys(settingsSchema.shape).map((name) => [toFlag(name), { type: 'string' }] as const),
  ['help', { type: 'boolean', short: 'h' }] as const,
  ['version', { type: 'boolean' }] as const,
  ['inspect', { type: 'boolean' }] as const,
  ['open-to-everyone', { type: 'boolean' }] as const,
  ['leave-unreadable', { type: 'boolean' }] as const,
]);

const toSettings = (
  values: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings => {
  const given = Object.keys(settingsSchema.shape).map((name) => {
    const flag = values[toFlag(name)];
    return [name, typeof flag === 'string' ? flag : environment[name]] as const;
  });
  return readSettings({
    ...Object.fromEntries(given),
    ...(values['open-to-everyone'] === true && { OPEN_TO_EVERYONE: '1' }),
    ...(values['inspect'] === true && { STATELY_INSPECT: '1' }),
    ...(values['leave-unreadable'] === true && { LEAVE_UNREADABLE: '1' }),
  });
};

const isParseError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
