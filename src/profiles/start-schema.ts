import { z } from 'zod';

import { accept, duration, expression, pattern, request, template } from './parts.ts';

/** A parameter of a new export, as its users write it: `--param NAME=VALUE`, or under `start:` of a named export. */
const parameter = z.strictObject({
  description: z.string(),
  required: z.boolean().default(false),
  /** What it becomes in expressions. A `list` is given as a list, or as text with commas. */
  type: z.enum(['text', 'number', 'boolean', 'list', 'object']).default('text'),
  /** Used when nobody gives it. */
  default: z.string().optional(),
  /** A regular expression that the whole value must match; of a list, each element. */
  pattern: pattern.optional(),
  example: z.string().optional(),
});

/** What it means when a start is refused; whatever is not listed is refused for good. */
const refusal = z.strictObject({
  /** An expression that is true for it. */
  when: expression,
  /**
   * `taken`: there is an export of the chosen name; `spent`: the name cannot be used (any more), another one may;
   * `busy`: not now, but later.
   */
  means: z.enum(['taken', 'spent', 'busy']),
});

/**
 * How an export is created. Its expressions see `params`, the parameters of the export, beside `vars`; those over the
 * answer also `status`, `headers` and `body`.
 *
 * A start is never repeated blindly. After one whose answer was lost, the next step is the first of these that the
 * section allows: `find` tells whether there is a new export; a name that is the id is looked at like any export;
 * `idempotent` says that the same request gives the same export; else a person has to decide.
 */
export const start = z
  .strictObject({
    parameters: z.record(
      // Brackets for services that call a member of a member `a[b]`.
      z.string().regex(/^[\w.[\]-]+$/, 'must be letters, digits, ".", "_", "-", "[" and "]"'),
      parameter,
    ),
    /** Whether parameters that are not listed are passed on. */
    others: z.boolean().default(false),
    /** An expression for the time zone (IANA) that `{today}` in parameters is in; without it, this machine's. */
    timeZone: expression.optional(),
    /** A name that the client chooses, as `vars.name`, before it asks: the template has `time` and `random`. */
    name: z
      .strictObject({
        template,
        /** A parameter by which the user may choose it instead. */
        parameter: z.string().optional(),
      })
      .optional(),
    request,
    accept,
    /** An expression over the answer for the new export's id; without it, the name is the id. */
    id: expression.optional(),
    idempotent: z.boolean().default(false),
    /** Where the provider lists exports: asked before a start and, if its answer is lost, after it. */
    find: z
      .strictObject({
        request,
        /** The list in the answer; in the other fields an element is `item`. */
        each: expression,
        /** True for an export with the same parameters. */
        where: expression.optional(),
        id: expression,
      })
      .optional(),
    /** How long after a start that nobody can find it may still be about to appear. */
    grace: duration.default('10s'),
    refusals: z.array(refusal).default([]),
  })
  .refine(({ id, name }) => id !== undefined || name !== undefined, 'needs "id", or "name"');

/** How an export is cancelled. */
export const cancel = z.strictObject({
  request,
  accept,
  /** What the provider says of it. */
  message: expression.optional(),
});

export type StartEntry = z.infer<typeof start>;
export type ParameterEntry = z.infer<typeof parameter>;
export type CancelEntry = z.infer<typeof cancel>;
