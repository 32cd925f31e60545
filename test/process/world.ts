// One folder with everything in it: the service, which is killed and started again, and beside it, never killed,
// the doubles of gateway and mailer with their ledgers. Each is a process of its own. It decides nothing about
// when something dies; it exists so that every test of real processes has the same surroundings.
import { join } from 'node:path';
import { z } from 'zod';
import { launch, type Program } from '../e2e/server.ts';
import type { Troubles } from './trouble.ts';

const here = import.meta.dirname;

/** Retries without end, soon: a kill must not park an order, and nobody should wait for long. */
const quickSettings = {
  LOG_LEVEL: 'error',
  PAYMENT_ATTEMPTS: '100',
  NOTIFICATION_ATTEMPTS: '100',
  RETRY_FIRST_DELAY_MS: '20',
  RETRY_LONGEST_DELAY_MS: '200',
  PAYMENT_DELAY_MS: '0',
  MAIL_DELAY_MS: '0',
  CALL_TIMEOUT_MS: '1000',
  POLL_MS: '50',
} as const;

/** One run of the service, from its start to whatever ends it. */
export interface Life extends Program {
  /** Undefined where it ended before it listened. */
  readonly url: string | undefined;
}

export interface World {
  readonly paths: {
    readonly store: string;
    readonly gatewayLedger: string;
    readonly mailLedger: string;
    readonly mails: string;
    readonly history: string;
    readonly clockOffset: string;
  };
  /** Starts the service; resolves when it listens, or has ended before. */
  start(environment?: Readonly<Record<string, string>>): Promise<Life>;
  /** The address of the service that listens now, or will next. */
  untilUp(): Promise<string>;
  /** The orders that move by themselves (100 at most), of a service at `url`. */
  moving(url: string): Promise<readonly Moving[]>;
  /** Things that the gateway did and has not told yet. */
  untoldFacts(): Promise<number>;
  /** Stops the doubles politely, and kills every service that is still there. */
  close(): Promise<void>;
}

const pageSchema = z.object({ orders: z.array(z.object({ id: z.string(), state: z.string() })) });
type Moving = z.infer<typeof pageSchema>['orders'][number];

export interface Surroundings {
  readonly settings?: Readonly<Record<string, string>>;
  readonly gateway?: Troubles;
  readonly mailer?: Troubles;
  /** What the service is started by, such as `nsenter …`. */
  readonly through?: readonly string[];
  /** Where the store is, if not in `folder`. */
  readonly storeFolder?: string;
}

const listening = /listens on (http:\/\/\S+)/;
const figuresSchema = z.object({ pending: z.int() });

export const openWorld = async (
  folder: string,
  { settings = {}, gateway = {}, mailer = {}, through = [], storeFolder = folder }: Surroundings = {},
): Promise<World> => {
  const paths = {
    store: join(storeFolder, 'orders.db'),
    gatewayLedger: join(folder, 'gateway.jsonl'),
    mailLedger: join(folder, 'mail.jsonl'),
    mails: join(folder, 'mail'),
    history: join(folder, 'history.jsonl'),
    clockOffset: join(folder, 'clock-offset-ms'),
  };
  const startDouble = (file: string, LEDGER: string, trouble: Troubles) =>
    launch([process.execPath, join(here, file)], folder, {
      MAIL_FOLDER: paths.mails,
      LEDGER,
      TROUBLE: JSON.stringify(trouble),
    });
  const bank = startDouble('gateway-double.main.ts', paths.gatewayLedger, gateway);
  const post = startDouble('mail-double.main.ts', paths.mailLedger, mailer);
  const [[, bankUrl = ''], [, postUrl = '']] = await Promise.all([
    bank.untilPrinted(listening),
    post.untilPrinted(listening),
  ]);
  let up = Promise.withResolvers<string>();
  const lives: Program[] = [];

  const start: World['start'] = async (environment = {}) => {
    const program = launch([...through, process.execPath, join(here, 'service.main.ts'), 'serve'], folder, {
      ...quickSettings,
      CLOCK_OFFSET_FILE: paths.clockOffset,
      DATABASE_URL: `sqlite:${paths.store}`,
      PORT: '0',
      GATEWAY_URL: bankUrl,
      MAILER_URL: postUrl,
      ...settings,
      ...environment,
    });
    lives.push(program);
    const url = await program.untilPrinted(listening).then(
      ([, address]) => address,
      () => undefined,
    );
    if (url !== undefined) {
      up.resolve(url);
      void program.ended.then(() => {
        up = Promise.withResolvers<string>();
      });
    }
    return { ...program, url };
  };

  return {
    paths,
    start,
    untilUp: () => up.promise,
    moving: async (url) => {
      const response = await fetch(`${url}/orders?settled=false&limit=100`);
      return pageSchema.parse(await response.json()).orders;
    },
    untoldFacts: async () => {
      const response = await fetch(`${bankUrl}/figures`);
      return figuresSchema.parse(await response.json()).pending;
    },
    close: async () => {
      for (const life of lives) life.send('SIGKILL');
      for (const double of [bank, post]) double.send('SIGTERM');
      await Promise.all([...lives, bank, post].map(({ ended }) => ended));
    },
  };
};
