// Incidents of services for tests that are about something else: kept in a store of their own.
import pino from 'pino';
import { Registry } from 'prom-client';
import { createServiceIncidents } from '../src/service-incidents/incidents.ts';
import type { ServiceIncidents } from '../src/service-incidents.ts';
import { createMemoryStore } from '../src/stores/memory.ts';
import { createFakeClock } from './fake-clock.ts';
import { createCounter } from './hosts/harness.ts';

export const createOtherIncidents = (): ServiceIncidents =>
  createServiceIncidents({
    ...{ store: createMemoryStore(), clock: createFakeClock(), ids: createCounter() },
    ...{ logger: pino({ level: 'silent' }), registry: new Registry() },
  });
