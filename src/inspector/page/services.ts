// The services as the API says they are: which are called now, how their calls went, and what is changed about them.
import { useAnswer } from './live.ts';
import type { Service, ServiceIncident } from './service-words.ts';
import { ask, toRefusal } from './session.ts';

/** Read again whenever `version` changes. */
export const useServices = (version: unknown): readonly Service[] | undefined =>
  useAnswer<{ readonly services: readonly Service[] }>('/services', version)?.services;

export const useServiceIncidents = (version: unknown): readonly ServiceIncident[] | undefined =>
  useAnswer<{ readonly incidents: readonly ServiceIncident[] }>('/services/incidents', version)?.incidents;

/** Resolves with what is wrong, or undefined. @throws TypeError if the service does not answer. */
const send = async (method: 'PUT' | 'POST', path: string, body: object): Promise<string | undefined> => {
  const response = await ask(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.ok ? undefined : toRefusal(response);
};

export const pauseService = (name: string, reason: string): Promise<string | undefined> =>
  send('PUT', `/services/${encodeURIComponent(name)}`, { paused: true, reason });

export const resumeService = (name: string): Promise<string | undefined> =>
  send('PUT', `/services/${encodeURIComponent(name)}`, { paused: false });

export const resolveServiceIncident = (id: string, note: string): Promise<string | undefined> =>
  send('POST', `/incidents/${encodeURIComponent(id)}/resolve`, { note });
