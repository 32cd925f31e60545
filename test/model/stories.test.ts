// Random stories of one order on a real server, held against the model after each thing that happens. Where one
// fails, fast-check shortens it, and what is left is printed as given, when and then.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { orderSystem } from '../../machines/system.ts';
import { limits, type Settings, toPolicy } from '../../src/config.ts';
import { registerSystem } from '../../src/step/register.ts';
import { type CrashAt, placeOrder } from './acting.ts';
import { happen, happenings, type Real, type Standing } from './happenings.ts';
import { type Action, createModel } from './model.ts';
import { openServer, type Server } from './process.ts';
import { toSettings } from './troubles.ts';

const system = registerSystem(orderSystem, limits);
/** The same stories every time; other seeds, and more of them, by the environment. */
const seed = Number(process.env['STORIES_SEED'] ?? 1);
const numRuns = Number(process.env['STORIES'] ?? 40);

const crashNow = { type: 'crash', down: 'for no time' } as const;
const begin: Readonly<Record<CrashAt | 'plainly', readonly Action[]>> = {
  plainly: [{ type: 'place' }],
  'before-commit': [crashNow, { type: 'place' }],
  'after-commit': [{ type: 'place' }, crashNow],
};

/** One for each way of taking money, for all stories: an order knows nothing of those before it. */
const servers = new Map<string, Server>();
afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
});

/** Where the story fails, the next one begins on a fresh server. */
const useServer = async (settings: Settings, tell: (server: Server) => Promise<void>): Promise<void> => {
  const { PAYMENT_CAPTURE: capture } = settings;
  const server = servers.get(capture) ?? (await openServer(settings));
  servers.set(capture, server);
  try {
    await tell(server);
  } catch (error) {
    servers.delete(capture);
    await server[Symbol.asyncDispose]();
    throw error;
  }
};

describe('any story of an order', () => {
  it('is the same on a server and in the model', { timeout: 60_000 + 2000 * numRuns }, async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(
      fc.constantFrom('at-once', 'later'),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('plainly' as const) },
        fc.constantFrom('before-commit' as const, 'after-commit' as const),
      ),
      fc.commands(happenings, { maxCommands: 40, size: 'max' }),
      async (capture, placing, commands) => {
        const settings = toSettings({ PAYMENT_CAPTURE: capture });
        await useServer(settings, async (server) => {
          const model = createModel(system, toPolicy(settings), server.clock.now());
          const standing: Standing = { settings, model, moment: model.first, told: [] };
          const crashAt = placing === 'plainly' ? undefined : placing;
          const subject = await placeOrder(server, model.orderId, crashAt);
          const real: Real = { subject, history: [] };
          await happen(standing, real, begin[placing], async () => {});
          await fc.asyncModelRun(() => ({ model: standing, real }), commands);
          for (const { action } of standing.told) seen.add(action.type);
          server.leave(subject.orderId);
        });
      },
    );
    await fc.assert(property, { seed, numRuns });
    expect([...seen].sort()).toEqual(['answer', 'crash', 'fact', 'move', 'place', 'wait']);
  });
});
