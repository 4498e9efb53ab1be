import { randomBytes } from 'node:crypto';
import { credentials } from '../accounts.ts';

/** What a token endpoint answers (RFC 6749, 5.1), in the fields of Personium. */
export interface TokenGrant {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: 'Bearer';
  readonly scope: string;
  /** Seconds. */
  readonly expires_in: number;
  /** Seconds. */
  readonly refresh_token_expires_in: number;
}

/** The tokens of a cell. */
export interface Tokens {
  /** Answers a `grant_type=password` or `refresh_token` form; undefined when its credentials are wrong. */
  grant(form: URLSearchParams): TokenGrant | undefined;
  judge(accessToken: string): 'good' | 'expired' | 'unknown';
}

const ACCESS_SECONDS = 3600;
const REFRESH_SECONDS = 86_400;

export function createTokens(now: () => number): Tokens {
  // The token of the configuration does not expire; those that are granted do.
  const accessTokens = new Map<string, number>([[credentials.personium.token, Infinity]]);
  const refreshTokens = new Map<string, number>();

  const issue = (tokens: Map<string, number>, seconds: number): string => {
    const token = `AA~${randomBytes(24).toString('base64url')}`;
    tokens.set(token, now() + seconds * 1000);
    return token;
  };

  return {
    grant(form) {
      const { username, password } = credentials.personium;
      const allowed =
        form.get('grant_type') === 'refresh_token'
          ? now() < (refreshTokens.get(form.get('refresh_token') ?? '') ?? 0)
          : form.get('grant_type') === 'password' &&
            form.get('username') === username &&
            form.get('password') === password;
      if (!allowed) return undefined;
      const expiresIn = Math.min(Number(form.get('expires_in') ?? ACCESS_SECONDS), ACCESS_SECONDS);
      return {
        access_token: issue(accessTokens, expiresIn),
        refresh_token: issue(refreshTokens, REFRESH_SECONDS),
        token_type: 'Bearer',
        scope: form.get('scope') ?? 'root',
        expires_in: expiresIn,
        refresh_token_expires_in: REFRESH_SECONDS,
      };
    },

    judge(accessToken) {
      const expiry = accessTokens.get(accessToken);
      if (expiry === undefined) return 'unknown';
      return now() < expiry ? 'good' : 'expired';
    },
  };
}
