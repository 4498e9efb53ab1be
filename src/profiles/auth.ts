import type { AuthEntry } from './schema.ts';

/** The variables that an entry under `auth` names. */
export function authVariables(entry: AuthEntry): string[] {
  switch (entry.scheme) {
    case 'header':
      return [entry.value];
    case 'bearer':
      return [entry.token];
    case 'basic':
      return [entry.username, ...(entry.password === undefined ? [] : [entry.password])];
    case 'query':
      return [entry.value];
    case 'oauth-password':
      return [entry.username, entry.password];
    case 'oauth-client':
      return [entry.clientId, entry.clientSecret, ...Object.values(entry.parameters)];
    case 'none':
      return [];
    case 'cookie':
      return [entry.value, ...Object.values(entry.query)];
    case 'authhmac':
      return [entry.user, entry.secret];
  }
}
