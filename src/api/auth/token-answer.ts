import { z } from 'zod';

/** The token endpoint's answer (RFC 6749, 5.1); times in seconds. */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().optional(),
  expires_in: z.number().positive().optional(),
});
