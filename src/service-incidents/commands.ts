// How a command opens incidents of services: through the service that holds the store, or in a store that it opened.
import { z } from 'zod';
import type { ServiceClient } from '../local-socket.ts';
import { type Opening, type OpeningResult, openingResult } from '../service-incidents.ts';

const answer = z.object({ result: openingResult });

export const askServiceToOpen =
  ({ request }: ServiceClient) =>
  async (opening: Opening): Promise<OpeningResult> =>
    answer.parse(await request('POST', '/services/incidents', opening)).result;
