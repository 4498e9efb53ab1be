import { describe, expect, it } from 'vitest';

import type { Link } from '../../../src/api/link.ts';
import { Links } from '../../../src/download/receive/links.ts';
import { GoneError } from '../../../src/errors.ts';
import { fakeClock } from '../../helpers/fake-clock.ts';

/** Two files, whose links live so long when they tell it at all. */
function startLinks({ lifetimeMs }: { lifetimeMs?: number } = {}) {
  const clock = fakeClock();
  let generation = 0;
  const issue = (): Link[] => {
    generation += 1;
    return ['a', 'b'].map((identity, index) => ({
      ...{ identity, index, auth: 'none', issuedAt: clock.now(), name: undefined, size: undefined },
      url: new URL(`https://store.example.com/${identity}?sig=${generation}`),
      expiresAt: lifetimeMs === undefined ? undefined : clock.now() + lifetimeMs,
      checksums: {},
    }));
  };
  const renewed: string[] = [];
  const state = { renewals: 0, answer: (): Promise<readonly Link[]> => Promise.resolve(issue()) };
  const links = new Links(issue(), {
    renew: async () => {
      state.renewals += 1;
      return await state.answer();
    },
    now: () => clock.now(),
    onRenewed: (identity, reason) => renewed.push(`${identity}: ${reason}`),
  });
  const signature = async (identity: string) => (await links.get(identity)).url.searchParams.get('sig');
  return { clock, links, state, renewed, signature };
}

describe('a link', () => {
  it('is good for ever when nothing tells its end', async () => {
    const { clock, state, signature } = startLinks();
    clock.advance(1e10);
    expect(await signature('a')).toBe('1');
    expect(state.renewals).toBe(0);
  });

  it.each([
    [30_000, 27_999, '1'],
    [30_000, 28_000, '2'],
    [30_000, 90_000, '2'],
    [1000, 499, '1'],
    [1000, 500, '2'],
  ])('that lives %i ms is, after %i ms, of generation %s', async (lifetimeMs, passedMs, generation) => {
    const { clock, signature } = startLinks({ lifetimeMs });
    clock.advance(passedMs);
    expect(await signature('a')).toBe(generation);
  });

  it('that was born dead is handed out all the same, once for each renewal', async () => {
    const { clock, state, signature } = startLinks({ lifetimeMs: -5000 });
    clock.advance(10);
    expect(await signature('a')).toBe('1');
    expect(state.renewals).toBe(0);
  });

  it('is fresh for five seconds, unless it has expired before', async () => {
    for (const [lifetimeMs, passedMs, fresh] of [
      [undefined, 4999, true],
      [undefined, 5000, false],
      [3000, 2999, true],
      [3000, 3000, false],
    ] as const) {
      const { clock, links } = startLinks(lifetimeMs === undefined ? {} : { lifetimeMs });
      const link = await links.get('a').then((one) => ({ ...one }));
      clock.advance(passedMs);
      expect(links.isFresh(link), `${lifetimeMs} ${passedMs}`).toBe(fresh);
    }
  });

  it('to a file that the provider does not list is gone', async () => {
    await expect(startLinks().links.get('c')).rejects.toBeInstanceOf(GoneError);
  });
});

describe('a renewal', () => {
  it('is made once for all who wait, and told for each', async () => {
    const { clock, state, renewed, signature } = startLinks({ lifetimeMs: 30_000 });
    clock.advance(30_000);
    expect(await Promise.all(['a', 'b', 'a'].map(signature))).toEqual(['2', '2', '2']);
    expect(state.renewals).toBe(1);
    expect(renewed).toEqual(['a: expired', 'b: expired', 'a: expired']);
  });

  it('is not made for a link that somebody has replaced already', async () => {
    const { links, state } = startLinks();
    const [a, b] = [await links.get('a'), await links.get('b')];
    expect((await links.replace(a, 'refused with 403')).url.search).toBe('?sig=2');
    expect((await links.replace(b, 'refused with 403')).url.search).toBe('?sig=2');
    expect(state.renewals).toBe(1);
  });

  it('that fails is passed on to all who wait, and is tried again by those who come later', async () => {
    const { links, state } = startLinks();
    const [a, b] = [await links.get('a'), await links.get('b')];
    const { answer } = state;
    const failure = new Error('the API is down');
    state.answer = () => Promise.reject(failure);
    const both = await Promise.allSettled([links.replace(a, 'refused'), links.replace(b, 'refused')]);
    expect(both).toMatchObject([{ reason: failure }, { reason: failure }]);
    expect(state.renewals).toBe(1);
    state.answer = answer;
    expect((await links.replace(a, 'refused')).url.search).toBe('?sig=2');
  });

  it('that no longer lists a file says so', async () => {
    const { links, state } = startLinks();
    const a = await links.get('a');
    state.answer = () => Promise.resolve([]);
    await expect(links.replace(a, 'refused')).rejects.toThrow('the provider no longer lists the file a');
  });
});
