// All routes of the shop's API.
import type { AddRoutes } from '../app.ts';
import { addMigrations } from '../migrations.ts';
import { addAudit } from './audit.ts';
import { addCalls } from './calls.ts';
import type { ApiDependencies } from './dependencies.ts';
import { addDocuments } from './documents.ts';
import { addEvents } from './events.ts';
import { addIncidents } from './incidents.ts';
import { addInventory } from './inventory.ts';
import { addMoves } from './moves.ts';
import { addOperations } from './operations.ts';
import { addOrders } from './orders.ts';
import { addPaymentAction } from './payment-action.ts';
import { addPlacing } from './placing.ts';
import { addStripeWebhooks } from './stripe-webhooks.ts';

export const createShopRoutes =
  (dependencies: ApiDependencies): AddRoutes =>
  (api, { disconnects }) => {
    const connected = { ...dependencies, disconnects };
    addPlacing(api, connected);
    addOrders(api, connected);
    addIncidents(api, connected);
    addMoves(api, connected);
    addPaymentAction(api, connected);
    addAudit(api, connected);
    addCalls(api, connected);
    addEvents(api, connected);
    addInventory(api, connected);
    addMigrations(api, dependencies.migratePage);
    addOperations(api, connected);
    addDocuments(api, connected);
    const { stripeFacts } = dependencies;
    if (stripeFacts !== undefined) addStripeWebhooks(api, stripeFacts, connected);
  };
