// Returns on the network: routes of their own beside the API's, and the inspector. It decides nothing: the charts do.
import { z } from 'zod';
import {
  type AddRoutes,
  AppError,
  createService,
  type Host,
  type ServiceParts,
  type SystemView,
} from '../../src/main.ts';
import { messages } from './messages.ts';
import { type Bank, type Carrier, moves, type ReturnMove, returns } from './returns.ts';

const one = z.strictObject({ id: z.string().min(1).max(100) });
/** Of an incident: the inspector's buttons name it. */
const actor = z.string().exactOptional();
const bodies = {
  approve: messages['return.approve'].payload,
  refuse: messages['return.refuse'].payload,
  withdraw: messages['return.withdraw'].payload,
  receive: messages['return.receive'].payload,
  inspect: messages['return.inspect'].payload,
  retry: z.strictObject({ actor, note: z.string().exactOptional() }),
  resolve: messages['incident.resolve'].payload.extend({ actor }),
} as const satisfies Record<ReturnMove, z.ZodType>;
const names = ['approve', 'refuse', 'withdraw', 'receive', 'inspect', 'retry', 'resolve'] as const;

const toAnswer = ({ id, state, settled, incidents, moves: open }: SystemView) => ({
  ...{ id, state, settled, incidents },
  moves: open.map(({ move }) => move),
});

const find = async (host: Host, id: string): Promise<SystemView> => {
  const found = await host.get(id);
  if (found) return found;
  throw new AppError('order-not-found', `There is no return ${id}.`);
};

/** The actor that a move is for: the one with the incident, for `retry` and `resolve`. */
const toActor = async (host: Host, id: string, move: ReturnMove, actor: unknown): Promise<string> => {
  const { moves: offered } = await find(host, id);
  const open = offered.find((each) => each.move === move && (actor === undefined || each.actor === actor));
  return open?.actor ?? returns.mainActor;
};

/** Each route says which scope of a key opens it, and each message who asked for it. */
const addReturnRoutes =
  (host: Host): AddRoutes =>
  (api) => {
    api.post(
      '/returns',
      { config: { access: 'orders:place' }, schema: { body: messages['return.request'].payload } },
      async ({ body, caller: { principal } }, reply) => {
        const { returnId } = body;
        // Asking again is not asking for a second return.
        const known = await host.get(returnId);
        if (known) return toAnswer(known);
        const placed = await host.place({
          orderId: returnId,
          message: { type: 'return.request', ...body },
          principal,
        });
        if (placed.outcome === 'replayed') throw new Error('a request without a key was replayed');
        return reply.code(201).send(toAnswer(placed.result.view));
      },
    );
    const reading = { config: { access: 'orders:read' }, schema: { params: one } } as const;
    api.get('/returns/:id', reading, async ({ params }) => toAnswer(await find(host, params.id)));
    // The inspector's buttons send their moves to these addresses.
    for (const move of names) {
      const config = {
        access: move === 'retry' || move === 'resolve' ? 'incidents' : 'orders:cancel',
      } as const;
      const schema = { params: one, body: bodies[move] };
      api.post(`/orders/:id/${move}`, { config, schema }, async ({ params: { id }, body, caller }) => {
        const { actor, ...payload } = { actor: undefined, ...body };
        const message = { type: moves[move].type, ...(move === 'retry' ? {} : payload) };
        const to = await toActor(host, id, move, actor);
        const sent = await host.send({
          ...{ orderId: id, to, message, otherwise: 'refuse' },
          principal: caller.principal,
        });
        if (sent.outcome === 'replayed') throw new Error('a move without a key was replayed');
        return toAnswer(sent.result.view);
      });
    }
  };

/** The service, not listening yet. */
export const createReturnsService = (
  parts: Omit<ServiceParts<SystemView>, 'application' | 'routes' | 'services'> & {
    readonly services: { readonly carrier: Carrier; readonly bank: Bank };
  },
) => createService({ ...parts, application: returns, routes: ({ host }) => addReturnRoutes(host) });
