import { z } from 'zod';

import {
  accept,
  duration,
  expression,
  headerName,
  pattern,
  request,
  template,
  variableName,
} from './parts.ts';
import { cancel, start } from './start-schema.ts';

/**
 * The profile language, version 1: what an export API looks like, as data. Three kinds of strings occur in it:
 *
 * - *expression*: JMESPath, evaluated against an answer (`status`, `headers` with lower-case names, `body`), `vars`
 *   (the account's variables and the id's parts) and the answers of follow-ups under their names;
 * - *template*: an RFC 6570 URI template, expanded with `vars` and the request's `with`;
 * - *duration*: `500ms`, `90s`, `1h30m`.
 */
const states = [
  'queued',
  'running',
  'ready',
  'ready-with-errors',
  'empty',
  'failed',
  'cancelled',
  'gone',
] as const;

const variable = z.strictObject({
  description: z.string(),
  /** Masked everywhere; may come from `{ file }` or `{ command }`. */
  secret: z.boolean().default(false),
  /** Used where nothing is configured: a template over the other variables. */
  default: template.optional(),
  /** A regular expression that the whole value must match. */
  pattern: pattern.optional(),
  /** Which part of the API's entry in ~/.netrc it is, where nothing else gives the credentials. */
  netrc: z.enum(['login', 'password']).optional(),
  example: z.string().optional(),
});

/** How requests prove who asks. Each names variables, never values; the first whose variables are all set is used. */
const auth = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('header'), header: headerName, value: variableName }),
  z.strictObject({ scheme: z.literal('bearer'), token: variableName }),
  /** RFC 7617; services that take a key as the user name want an empty password. */
  z.strictObject({
    scheme: z.literal('basic'),
    username: variableName,
    password: variableName.optional(),
  }),
  /** A parameter of the query. */
  z.strictObject({ scheme: z.literal('query'), parameter: z.string().min(1), value: variableName }),
  /** A cookie, with an optional second value in the query. */
  z.strictObject({
    scheme: z.literal('cookie'),
    cookie: z.string(),
    value: variableName,
    query: z.record(z.string(), variableName).default({}),
  }),
  /** OAuth 2.0 resource owner password grant (RFC 6749, 4.3), renewed by its refresh token, else by the password. */
  z.strictObject({
    scheme: z.literal('oauth-password'),
    tokenUrl: template,
    username: variableName,
    password: variableName,
    scope: z.string().optional(),
  }),
  /** OAuth 2.0 client credentials grant (RFC 6749, 4.4), the client's secret in the form. */
  z.strictObject({
    scheme: z.literal('oauth-client'),
    tokenUrl: template,
    clientId: variableName,
    clientSecret: variableName,
    scope: z.string().optional(),
    /** Further fields of the form, such as an audience, and the variables with their values. */
    parameters: z.record(z.string(), variableName).default({}),
  }),
  /** A public API. */
  z.strictObject({ scheme: z.literal('none') }),
  /** HMAC-SHA1 over method, URL and body: MyTracker's `AuthHMAC`. */
  z.strictObject({ scheme: z.literal('authhmac'), user: variableName, secret: variableName }),
]);

/** Where the next page is: an expression for its URL, or the template variables that lead to it. None: no more pages. */
const next = z.union([expression, z.record(variableName, expression)], {
  error: 'must be an expression for a URL, or template variables with an expression for each',
});

/**
 * What a provider's word means: a state; `{ state, after }` for a word that may pass and counts as `running` until
 * it has been seen that many times in a row; or `{ follow }`, the label of follow-ups that will decide.
 */
const meaning = z.union(
  [
    z.enum(states),
    z.strictObject({ state: z.enum(states), after: z.number().int().min(2) }),
    z.strictObject({ follow: z.string() }),
  ],
  { error: `must be one of ${states.join(', ')}, or { state, after }, or { follow }` },
);

const reading = {
  /** The provider's word for the state. */
  state: expression,
  /** Words, compared without case and separators, and what they mean. A word that is not here is `unknown`. */
  states: z.record(z.string(), meaning),
  /** A percentage: `"64%"`, a number from 0 to 100, or a fraction as `{ fraction: … }`. */
  percent: z.union([expression, z.strictObject({ fraction: expression })]).optional(),
  message: expression.optional(),
};

/** Where an answer says how long to wait; the header `Retry-After` is always understood. */
const waits = {
  /** Seconds. */
  retryAfter: expression.optional(),
  /** An instant: unix seconds or ISO 8601. */
  retryAt: expression.optional(),
};

const followUp = z.strictObject({
  /** Under this name later expressions find the answer. */
  as: variableName,
  /** The label or the state on which it is asked. */
  when: z.union([z.string(), z.array(z.string()).min(1)]),
  request,
  accept,
  /** The answer has pages: under `as` stands then the list of them, all with `status`, `headers` and `body`. */
  next: next.optional(),
  /** Its refusal (401, 403, 404 …) is no failure: the expressions over it find nothing. */
  optional: z.boolean().default(false),
  state: reading.state.optional(),
  states: reading.states.default({}),
  message: reading.message,
});

const links = z
  .strictObject({
    /** A list to go through; in the other fields an element is `item`. Without it there is one file. */
    each: expression.optional(),
    /** The link, absolute or relative to the request that gave it … */
    url: expression.optional(),
    /** … or a template for it. */
    template: template.optional(),
    /** Further variables of the template. */
    with: z.record(variableName, expression).default({}),
    /** The file comes in pages, one file each: where the next one is, over the answer to the link of the last. */
    next: next.optional(),
    /** Sent along with the download. */
    headers: z.record(headerName, template).default({}),
    name: expression.optional(),
    /** When the link dies: unix seconds (number or string) or ISO 8601. */
    expires: expression.optional(),
    /** How long a link lives when nothing else tells: the same for all, or seconds that the answer names. */
    lifetime: z
      .union([duration, z.strictObject({ seconds: expression })], {
        error: 'must be a duration such as 60s, or { seconds: EXPRESSION }',
      })
      .optional(),
    size: expression.optional(),
    /** Checksums of the stored file, in hex or in base64. */
    md5: expression.optional(),
    sha1: expression.optional(),
    sha256: expression.optional(),
    /** What makes a file the same file after its link was renewed. */
    identity: z.enum(['path', 'name', 'index']).default('path'),
    /**
     * `api`: the credentials go along where the link is on an origin that may have them; `{ apiWhen }` an expression:
     * they do where it is true.
     */
    auth: z
      .union([z.enum(['none', 'api']), z.strictObject({ apiWhen: expression })], {
        error: 'must be none, api, or { apiWhen: EXPRESSION }',
      })
      .default('none'),
  })
  .refine(
    (value) => (value.url === undefined) !== (value.template === undefined),
    'needs either url or template',
  );

export const profileSchema = z.strictObject({
  /** The version of the language. */
  profile: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string(),
  docs: z.string().optional(),
  /** `baseUrl`, which every profile has, is the API's root: its origin is the one that the credentials are for. */
  variables: z
    .record(variableName, variable)
    .refine((variables) => 'baseUrl' in variables, 'must have baseUrl')
    .refine((variables) => variables['baseUrl']?.netrc === undefined, 'cannot take baseUrl from .netrc'),
  /** Further origins that the credentials are for. */
  origins: z
    .array(z.string().regex(/^https?:\/\/[^/?#@]+$/, 'must be an origin such as https://files.example.com'))
    .default([]),
  id: z.strictObject({
    /** A regular expression for the whole id; its named groups become template variables beside `id`. */
    pattern,
    description: z.string(),
    example: z.string(),
  }),
  auth: z.array(auth).min(1),
  /** Errors inside an answer of any HTTP status. */
  errors: z
    .strictObject({
      /**
       * The code in an envelope: an HTTP status in all but place. `0`, `ok` and `success` are no errors; a code that is
       * neither a status nor in `statuses` is one that nobody can act on …
       */
      status: expression.optional(),
      /** … words, and the HTTP status that each stands for, compared without case and separators. */
      statuses: z.record(z.string(), z.number().int().min(100).max(599)).default({}),
      /**
       * Statuses, of HTTP or of the envelope, by which the service refuses the credential itself: it is renewed, or read
       * again from its file or command, and the request sent once more. A refusal after that is final.
       */
      credentialRefused: z.array(z.number().int().min(400).max(499)).default([401]),
      message: expression.optional(),
      ...waits,
    })
    .prefault({}),
  /** A request that changes nothing, and is answered only to who may ask: it shows whether a credential is accepted. */
  check: z.strictObject({ request, accept }).optional(),
  /** How an export is created; without it, the provider creates exports elsewhere. */
  start: start.optional(),
  status: z.strictObject({ request, ...reading, ...waits }),
  followUps: z.array(followUp).default([]),
  /** The first alternative that gives any link is taken. */
  files: z.array(links).min(1),
  /** How an export is cancelled, where the provider can. */
  cancel: cancel.optional(),
  /** What an account may ask; polls take half of it at most. */
  quota: z
    .strictObject({
      /** So many requests in any span of that length; all of them hold. */
      limits: z
        .array(z.strictObject({ requests: z.number().int().min(1).max(1_000_000), per: duration }))
        .min(1)
        .default([{ requests: 50, per: '1s' }]),
      /** Over any answer: how many requests are left of the limit with the longest span … */
      remaining: expression.optional(),
      /** … and of how many; without it, of those in `limits`. */
      limit: expression.optional(),
      /** The variable that names the account, where providers share it and its quota. */
      account: variableName.optional(),
    })
    .prefault({}),
  poll: z
    .strictObject({
      interval: duration.default('5s'),
      maxInterval: duration.default('60s'),
      timeout: duration.default('24h'),
      /** How long after the first look `gone` may still mean "not there yet". */
      grace: duration.default('0s'),
    })
    .prefault({}),
});

/** A checked profile, defaults filled in. */
export type Profile = z.infer<typeof profileSchema>;
export type { RequestEntry } from './parts.ts';
export type { CancelEntry, ParameterEntry, StartEntry } from './start-schema.ts';
export type AuthEntry = z.infer<typeof auth>;
export type NextEntry = z.infer<typeof next>;
export type FollowUp = z.infer<typeof followUp>;
export type LinksEntry = z.infer<typeof links>;
export type Meaning = z.infer<typeof meaning>;
