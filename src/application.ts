// What is run: the contract between the engine and an application. An application brings its charts, its
// messages, what people can do, how its systems are summarised and shown, what must always hold, and the tables
// that it keeps beside its systems. The engine knows no application; src/shop/ is the one that is shipped.
import type { z } from 'zod';
import type { Audit } from './audit.ts';
import type { Display } from './display.ts';
import { AppError } from './errors.ts';
import { findSloProblems } from './slo.ts';
import { postponed } from './step/effect.ts';
import type { Invariants } from './step/invariants.ts';
import type { Migrations } from './step/migration-rules.ts';
import type { ChartSystem, ChartVersion, Translator } from './step/register.ts';
import type { SystemState } from './step/system-state.ts';
import { type Move, type SystemView, toSystemView, type UnreadableView } from './step/view.ts';
import type { Tables } from './tables.ts';

export type * from './tables.ts';

/** Why a call to a service has no usable answer. */
export type CallFailure = 'no-answer' | 'error' | 'malformed-answer' | 'malformed-command' | 'key-expired';

/** A reply without `key` and `attempt`, which are those of the command. */
export type Reply = Readonly<{ type: string } & Record<string, unknown>>;

/** What a command to a service declares of its calls. */
export interface CallDeclaration {
  /** What the middle part of its idempotency key `ORDER/purpose/number` may be. */
  readonly purposes: readonly string[];
  /** What the service may answer: success first. Examples, with the payload fields that tell them apart. */
  readonly replies: readonly Reply[];
  /** It changes nothing at the service: sent however old its key is. */
  readonly readsOnly?: boolean;
}

/** What an application declares of a service, whichever adapter is plugged in for it. */
export interface ServiceDeclaration {
  /** The reply for a call without a usable answer. */
  noAnswer(failure: CallFailure): Reply;
  /** The reply for a call that certainly had no effect, such as one whose connection was refused. Left out: `noAnswer`. */
  notDone?(reason: string): Reply;
  /** Replies that count as `noAnswer` when the call may have been made before: they say nothing of the first try. */
  readonly doubtful?: readonly string[];
  /**
   * Whether a failure with this reason is about its call alone, such as a recipient that is refused: it does not open the
   * service's circuit. Left out: none is.
   */
  isAboutCall?(reason: string): boolean;
}

export interface MessageDeclaration {
  /** Version of the payload's schema. */
  readonly version: number;
  readonly kind: 'command' | 'event';
  /** Names of actors and services, and roles outside such as `customer`. `journal` receives domain events. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Fields that are personal data are marked with `.meta({ personal: true })`. */
  readonly payload: z.ZodType<Record<string, unknown>>;
  /** Only of commands to services. */
  readonly call?: CallDeclaration;
}
export type Messages = Readonly<Record<string, MessageDeclaration>>;

/** Messages of a catalogue as actors see them: type and payload. */
export type MessageIn<M extends Messages, T extends keyof M = keyof M> = {
  [K in T & string]: Readonly<{ type: K } & z.infer<M[K]['payload']>>;
}[T & string];
/** The commands that the service `S` may be sent. */
export type CommandIn<M extends Messages, S extends string> = {
  [K in keyof M & string]: S extends M[K]['to'][number] ? MessageIn<M, K> : never;
}[keyof M & string];
type ReplyMessageIn<M extends Messages, S extends string> = {
  [K in keyof M & string]: S extends M[K]['from'][number] ? MessageIn<M, K> : never;
}[keyof M & string];
type WithoutAttempt<T> = T extends unknown ? Omit<T, 'key' | 'attempt'> : never;
/** What an adapter for the service `S` returns. */
export type ReplyIn<M extends Messages, S extends string> = WithoutAttempt<ReplyMessageIn<M, S>>;

/** What people can ask of a system: the message that it becomes, and who may ask. */
export interface MoveDeclaration {
  readonly type: string;
  readonly by: string;
}

/** One version of an application's charts, with the messages that they know. */
export interface ApplicationVersion {
  readonly charts: ChartSystem['charts'];
  readonly messages: Messages;
  /** Between these messages and those of the services and moves. Left out: they are the same. */
  readonly translator?: Translator;
}

export interface Application<View extends SystemView = SystemView> extends ApplicationVersion {
  readonly name: string;
  /** The version under which systems of its charts are stored: new ones start on it. */
  readonly chartVersion: string;
  /** Other versions: systems that are stored on one of them keep it. */
  readonly otherVersions?: Readonly<Record<string, ApplicationVersion>>;
  /** How systems of one version are moved to another, by `FROM→TO`. Without a rule they are moved as they are. */
  readonly migrations?: Migrations;
  /** The services that the charts may send commands to, by name. */
  readonly services: Readonly<Record<string, ServiceDeclaration>>;
  readonly moves: Readonly<Record<string, MoveDeclaration>>;
  /** The actor whose top-level state is the system's state in lists. */
  readonly mainActor: string;
  /** Domain events with which a system's story ends, for metrics. */
  readonly outcomes: readonly string[];
  /** Whose the system is: lists and streams can be limited to an owner. */
  ownerOf(state: SystemState): string;
  /**
   * Whether the system waits for somebody who asked and waits in turn, such as a customer who has to confirm a payment: then
   * who waits until it is settled gets its answer. Left out: it never does.
   */
  awaitsCaller?(state: SystemState): boolean;
  /** The moves of the application's own that the charts accept now. */
  findMoves(state: SystemState): readonly Move[];
  /** Adds the application's fields to the engine's view. */
  toView(base: SystemView, state: SystemState): View;
  /** The view of a system that cannot be read. */
  toUnreadableView(base: UnreadableView): View;
  readonly invariants?: Invariants;
  readonly tables?: Tables;
  /** What the doctor checks beside what it checks of every application. */
  readonly audit?: Audit;
  /** How the inspector shows its systems. Left out: as its charts say. */
  readonly display?: Display<View>;
}

/**
 * Returns `application` as it is, if its parts fit together.
 * @throws AppError `chart-unsupported` with every name that one part uses and the other does not declare.
 */
export const defineApplication = <View extends SystemView>(
  application: Application<View>,
): Application<View> => {
  const problems = findMisfits(application);
  if (problems.length === 0) return application;
  const text = `The application '${application.name}' cannot be run:\n  ${problems.join('\n  ')}`;
  throw new AppError('chart-unsupported', text, { problems });
};

const findMisfits = (application: Application): string[] => {
  const { charts, mainActor, services, messages, moves, outcomes, migrations = {} } = application;
  const versions = [...versionsOf(application).keys()];
  const receivers = new Set([...Object.keys(charts), ...Object.keys(services)]);
  const unknown = (what: string, types: readonly string[]): string[] =>
    types
      .filter((type) => !Object.hasOwn(messages, type))
      .map((type) => `${what} names the message ${type}, which is not declared`);
  return [
    ...(Object.hasOwn(charts, mainActor) ? [] : [`its main actor '${mainActor}' has no chart`]),
    ...Object.keys(migrations)
      .filter((name) => !name.split('→').every((version) => versions.includes(version)))
      .map(
        (name) => `the migration '${name}' is not FROM→TO with two of its versions (${versions.join(', ')})`,
      ),
    ...Object.keys(messages)
      .filter((type) => type.startsWith('system.') || type === postponed)
      .map(
        (type) => `the message ${type} has a name that the engine keeps for itself: system.*, ${postponed}`,
      ),
    ...findSloProblems(charts, mainActor),
    ...unknown('outcomes', outcomes),
    ...Object.entries(moves).flatMap(([name, { type }]) => unknown(`the move '${name}'`, [type])),
    ...Object.entries(services).flatMap(([name, { noAnswer, notDone, doubtful = [] }]) =>
      unknown(`the service '${name}'`, [
        noAnswer('no-answer').type,
        ...(notDone ? [notDone('').type] : []),
        ...doubtful,
      ]),
    ),
    ...Object.entries(messages).flatMap(([type, { kind, to, call }]) => [
      ...unknown(type, call?.replies.map((reply) => reply.type) ?? []),
      ...(kind === 'command' && !to.some((name) => receivers.has(name))
        ? [`the command ${type} goes to ${to.join(', ')}: no actor or service has that name`]
        : []),
    ]),
  ];
};

/** The application's view of a system. */
export const viewOf = <View extends SystemView>(
  application: Application<View>,
  orderId: string,
  state: SystemState,
): View => application.toView(toSystemView(application, orderId, state), state);

const toChartVersion = ({ charts, messages, translator }: ApplicationVersion): ChartVersion => ({
  charts,
  schemaVersions: Object.fromEntries(Object.entries(messages).map(([type, { version }]) => [type, version])),
  ...(translator && { translator }),
});

/** The charts as the step runs them. */
export const toChartSystem = (application: Application): ChartSystem => {
  const { chartVersion, services, invariants, migrations, otherVersions = {} } = application;
  return {
    ...toChartVersion(application),
    version: chartVersion,
    services: Object.keys(services),
    ...(invariants && { invariants }),
    ...(migrations && { migrations }),
    otherVersions: Object.fromEntries(
      Object.entries(otherVersions).map(([version, each]) => [version, toChartVersion(each)]),
    ),
  };
};

/** Every version of an application: the newest first, then the others from the latest to the earliest. */
export const versionsOf = (
  application: ApplicationVersion & Pick<Application, 'chartVersion' | 'otherVersions'>,
): ReadonlyMap<string, ApplicationVersion> =>
  new Map([
    [application.chartVersion, application],
    ...Object.entries(application.otherVersions ?? {}).toReversed(),
  ]);
