// By which name limits for each caller know who asks. It decides nothing about what a caller may do.
import type { FastifyRequest } from 'fastify';

/** The address that a request comes from. */
export const toCallerName = ({ ip }: FastifyRequest): string => ip;
