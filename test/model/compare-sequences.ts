// Random actions on one order of a real server, compared with the model after each of them. If a sequence
// fails, fast-check shrinks it, and what is left is printed as given, when and then.
import fc from 'fast-check';
import { afterAll } from 'vitest';
import { toChartSystem } from '../../src/application.ts';
import type { Settings } from '../../src/config.ts';
import { ownProvider } from '../../src/gateway-settings.ts';
import { limits } from '../../src/limits.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { toSettings } from './fault-limits.ts';
import { type Action, createModel } from './model.ts';
import { type ModelSide, performAndCompare, randomActions, type ServerSide } from './random-actions.ts';
import { type CrashAt, placeOrder } from './server-actions.ts';
import type { Server } from './server-process.ts';

const system = registerSystem(toChartSystem(shop), limits);
const crashNow = { type: 'crash', down: 'for no time' } as const;
const begin: Readonly<Record<CrashAt | 'plainly', readonly Action[]>> = {
  plainly: [{ type: 'place' }],
  'before-commit': [crashNow, { type: 'place' }],
  'after-commit': [{ type: 'place' }, crashNow],
};

type OpenServer = (settings: Settings) => Promise<Server>;

/** One for each capture mode, shared by all sequences: orders are independent. */
const servers = new Map<string, Server>();
afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
});

/** After a failure the next sequence starts on a new server. */
const useServer = async (
  openServer: OpenServer,
  settings: Settings,
  withReport: (server: Server) => Promise<void>,
): Promise<void> => {
  const { PAYMENT_CAPTURE: capture } = settings;
  const server = servers.get(capture) ?? (await openServer(settings));
  servers.set(capture, server);
  try {
    await withReport(server);
  } catch (error) {
    servers.delete(capture);
    await server[Symbol.asyncDispose]();
    throw error;
  }
};

/** Runs so many sequences, the same ones for a seed, and returns the types of the actions that were taken. */
export const compareSequences = async (
  openServer: OpenServer,
  { seed, numRuns }: { readonly seed: number; readonly numRuns: number },
): Promise<ReadonlySet<string>> => {
  const seen = new Set<string>();
  const property = fc.asyncProperty(
    fc.constantFrom('at-once', 'later'),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant('plainly' as const) },
      fc.constantFrom('before-commit' as const, 'after-commit' as const),
    ),
    fc.commands(randomActions, { maxCommands: 40, size: 'max' }),
    async (capture, placing, commands) => {
      const settings = toSettings({ PAYMENT_CAPTURE: capture });
      await useServer(openServer, settings, async (server) => {
        const model = createModel(system, toPolicy(settings, ownProvider), server.clock.now());
        const modelSide: ModelSide = { settings, model, moment: model.first, steps: [] };
        const crashAt = placing === 'plainly' ? undefined : placing;
        const serverOrder = await placeOrder(server, model.orderId, crashAt);
        const serverSide: ServerSide = { serverOrder, history: [] };
        await performAndCompare(modelSide, serverSide, begin[placing], async () => {});
        await fc.asyncModelRun(() => ({ model: modelSide, real: serverSide }), commands);
        for (const { action } of modelSide.steps) seen.add(action.type);
        server.leave(serverOrder.orderId);
      });
    },
  );
  await fc.assert(property, { seed, numRuns });
  return seen;
};
