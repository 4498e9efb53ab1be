import type { Redactor } from '../../secrets.ts';

/** Shorter values are words of messages rather than secrets. */
const LEAST_LENGTH = 8;
/** What shells and CI systems set for everybody to read, unless the name says that it is a secret. */
const PUBLIC = /^(CI_|GITHUB_|GITLAB_|RUNNER_|BUILD_|(HOME|PWD|USER|LOGNAME|HOSTNAME|TMPDIR)$)/;
const SECRET = /KEY|TOKEN|SECRET|PASS|CRED|AUTH|PRIVATE|SIGN|JWT|COOKIE/i;

/** Whether a variable of the environment says by its name that nobody may see its value. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/**
 * Masks what a file that was found takes from the environment: it may name anybody's secret as an output directory or
 * a provider, to have it shown. Paths and the variables that are public stay readable; of EXPORTPOLL_ ones it is known
 * which are secrets.
 */
export function maskTaken(value: string, name: string, redactor: Redactor): void {
  if (value.length < LEAST_LENGTH || name.startsWith('EXPORTPOLL_')) return;
  if (!isSecretName(name) && (PUBLIC.test(name) || isPlainPlace(value))) return;
  redactor.conceal(value);
  // A host's name is shown in lower case.
  redactor.conceal(value.toLowerCase());
}

/** An absolute path, or the address of a host and no more than a short path. */
function isPlainPlace(value: string): boolean {
  if (/^(\/|[A-Za-z]:[\\/])/.test(value)) return true;
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const { username, password, search, hash, pathname } = new URL(value);
  return username + password + search + hash === '' && pathname.length <= LEAST_LENGTH;
}
