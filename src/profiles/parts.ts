import { z } from 'zod';

import { parseDuration } from '../units.ts';
import { messageOf } from '../errors.ts';
import { checkExpression } from './expression.ts';

// What the sections of a profile are made of; see schema.ts for what they mean.

export const expression = readableBy(checkExpression);
export const template = z.string().min(1).max(2000);
export const duration = readableBy(parseDuration);
export const pattern = readableBy((text) => new RegExp(text, 'u'));
export const variableName = z.string().regex(/^[a-z][a-zA-Z0-9]*$/, 'must be a camelCase name');

/** What makes the message itself, or says which server it is for, belongs to HTTP: RFC 9110, 7.2 and 7.6.1. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^`|~\w-]+$/, 'must be the name of a header')
  .refine(
    (name) =>
      !/^(host|connection|keep-alive|content-length|expect|te|trailer|transfer-encoding|upgrade)$/i.test(
        name,
      ),
    'must be the name of a header that a profile may set',
  );

/** HTTP statuses besides 2xx that are answers, not errors. */
export const accept = z.array(z.number().int().min(300).max(599)).default([]);

export const request = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']).default('GET'),
    url: template,
    /** In their values `{name}` is a variable; see `expandHeader`. */
    headers: z.record(headerName, template).default({}),
    /** Further template variables, each an expression over what is known so far. */
    with: z.record(variableName, expression).default({}),
    /** An expression for an object: its members are added to the URL's query, a list as several of the same name. */
    query: expression.optional(),
    /** An expression for the body, sent as JSON … */
    json: expression.optional(),
    /** … or, an object, as a form (application/x-www-form-urlencoded), a member of a member as `a[b]`. */
    form: expression.optional(),
    /**
     * What comes back: `json`; `any`, which is read as JSON where it is that and as text otherwise; or `headers`
     * alone, the body left alone: the request is a probe of something large.
     */
    answer: z.enum(['json', 'any', 'headers']).default('json'),
  })
  .refine(({ json, form }) => json === undefined || form === undefined, 'has one body: either json or form');

export type RequestEntry = z.infer<typeof request>;

/** Text that `read` accepts: a profile that loads has nothing in it that is found to be nonsense later. */
function readableBy(read: (text: string) => unknown): z.ZodType<string> {
  return z
    .string()
    .max(2000)
    .superRefine((text, context) => {
      try {
        read(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });
}
