// Everything around one service in one folder: the service, which is killed and started again, and the doubles of
// gateway and mailer with their ledgers, which are not. Each is a process of its own. It never decides when one ends.
import { join } from 'node:path';
import { z } from 'zod';
import { launch, type Program } from '../e2e/server.ts';
import type { FaultRatesInput } from './fault-rates.ts';

const here = import.meta.dirname;

/** Frequent retries without end: a kill must not lead to an incident, and no test should wait long. */
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

/** One process of the service, from its start to its end. */
export interface ServiceProcess extends Program {
  /** Undefined if it ended before it listened. */
  readonly url: string | undefined;
}

export interface Environment {
  readonly paths: {
    readonly store: string;
    readonly gatewayLedger: string;
    readonly mailLedger: string;
    readonly mails: string;
    readonly history: string;
    readonly clockOffset: string;
  };
  /** Starts the service; resolves when it listens, or has ended. */
  startService(settings?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** The address of the service that listens now, or of the next one. */
  untilListening(): Promise<string>;
  /** Orders (100 at most) that are not settled, from the service at `url`. */
  unsettledOrders(url: string): Promise<readonly UnsettledOrder[]>;
  /** Webhooks that the service has not accepted yet. */
  pendingWebhooks(): Promise<number>;
  /** From now on the gateway does what it is asked and answers when `releaseAnswers` is called. */
  holdAnswers(): Promise<void>;
  releaseAnswers(): Promise<void>;
  /** Stops the doubles in order, and kills every service that is left. */
  close(): Promise<void>;
}

const pageSchema = z.object({ orders: z.array(z.object({ id: z.string(), state: z.string() })) });
type UnsettledOrder = z.infer<typeof pageSchema>['orders'][number];

export interface EnvironmentOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly gateway?: FaultRatesInput;
  readonly mailer?: FaultRatesInput;
  /** A command that runs the service's, such as `nsenter …`. */
  readonly commandPrefix?: readonly string[];
  /** The folder of the store, if not `folder`. */
  readonly storeFolder?: string;
}

const addressLine = /listens on (http:\/\/\S+)/;
const webhooksSchema = z.object({ pending: z.int() });

export const openEnvironment = async (
  folder: string,
  { settings = {}, gateway = {}, mailer = {}, commandPrefix = [], storeFolder = folder }: EnvironmentOptions,
): Promise<Environment> => {
  const paths = {
    store: join(storeFolder, 'orders.db'),
    gatewayLedger: join(folder, 'gateway.jsonl'),
    mailLedger: join(folder, 'mail.jsonl'),
    mails: join(folder, 'mail'),
    history: join(folder, 'history.jsonl'),
    clockOffset: join(folder, 'clock-offset-ms'),
  };
  const startDouble = (file: string, LEDGER: string, rates: FaultRatesInput) =>
    launch([process.execPath, join(here, file)], folder, {
      MAIL_FOLDER: paths.mails,
      LEDGER,
      FAULT_RATES: JSON.stringify(rates),
    });
  const doubles = [
    startDouble('gateway-double.main.ts', paths.gatewayLedger, gateway),
    startDouble('mail-double.main.ts', paths.mailLedger, mailer),
  ];
  const [[, gatewayUrl = ''] = [], [, mailerUrl = ''] = []] = await Promise.all(
    doubles.map((double) => double.untilPrinted(addressLine)),
  );
  let listening = Promise.withResolvers<string>();
  const services: Program[] = [];

  const startService: Environment['startService'] = async (more = {}) => {
    const command = [...commandPrefix, process.execPath, join(here, 'service.main.ts'), 'serve'];
    const program = launch(command, folder, {
      ...quickSettings,
      CLOCK_OFFSET_FILE: paths.clockOffset,
      DATABASE_URL: `sqlite:${paths.store}`,
      PORT: '0',
      GATEWAY_DOUBLE_URL: gatewayUrl,
      MAILER_DOUBLE_URL: mailerUrl,
      ...settings,
      ...more,
    });
    services.push(program);
    const url = await program.untilPrinted(addressLine).then(
      ([, address]) => address,
      () => undefined,
    );
    if (url !== undefined) {
      listening.resolve(url);
      void program.ended.then(() => {
        listening = Promise.withResolvers<string>();
      });
    }
    return { ...program, url };
  };

  const setHeld = async (held: boolean): Promise<void> => {
    await fetch(`${gatewayUrl}/answers`, { method: 'PUT', body: JSON.stringify({ held }) });
  };

  return {
    paths,
    startService,
    untilListening: () => listening.promise,
    unsettledOrders: async (url) => {
      const response = await fetch(`${url}/orders?settled=false&limit=100`);
      return pageSchema.parse(await response.json()).orders;
    },
    pendingWebhooks: async () => {
      const response = await fetch(`${gatewayUrl}/webhooks`);
      return webhooksSchema.parse(await response.json()).pending;
    },
    holdAnswers: () => setHeld(true),
    releaseAnswers: () => setHeld(false),
    close: async () => {
      for (const service of services) service.send('SIGKILL');
      for (const double of doubles) double.send('SIGTERM');
      await Promise.all([...services, ...doubles].map(({ ended }) => ended));
    },
  };
};
