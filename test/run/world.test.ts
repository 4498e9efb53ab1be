import { describe, expect, it } from 'vitest';

import type { Account } from '../../src/account.ts';
import type { Quota } from '../../src/api/quota.ts';
import { defaultLayer, settle } from '../../src/config/settings.ts';
import { createWorld } from '../../src/run/world.ts';
import { pretend } from '../helpers/answers.ts';
import { accountOf, apiWorld } from '../helpers/api.ts';

const { context } = apiWorld(pretend(() => ({})));
const { settings } = settle([defaultLayer(context)], '/');

/** The quotas in which the accounts of one run take their turns. */
function quotasOf(...accounts: Account[]): Quota[] {
  const world = createWorld(context, settings, () => undefined);
  return accounts.map((account) => world.service({ account }).client.quota);
}

function mytracker(
  profile: 'mytracker-raw' | 'mytracker-segment',
  variables: Record<string, string>,
): Account {
  return accountOf(profile, variables, { secretKey: 'hush' });
}

describe('accounts share a quota', () => {
  it('when their services count them as one: both APIs of one MyTracker user', () => {
    const [raw, segment] = quotasOf(
      mytracker('mytracker-raw', { userId: '7' }),
      mytracker('mytracker-segment', { userId: '7' }),
    );
    expect(raw).toBe(segment);
  });

  it('unless they are other users, or on another server', () => {
    const [one, other, elsewhere] = quotasOf(
      mytracker('mytracker-raw', { userId: '7' }),
      mytracker('mytracker-segment', { userId: '8' }),
      mytracker('mytracker-segment', { userId: '7', baseUrl: 'https://tracker.example' }),
    );
    expect(new Set([one, other, elsewhere]).size).toBe(3);
  });
});
