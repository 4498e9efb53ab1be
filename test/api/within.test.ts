import { describe, expect, it } from 'vitest';

import { within } from '../../src/api/within.ts';

const late = (): Error => new Error('late');
const never = async (): Promise<never> => await new Promise(() => undefined);

describe('work with a time limit', () => {
  it('gives what it gives, and passes its own failure on', async () => {
    const { signal } = new AbortController();
    expect(await within({ ms: 1000, late }, signal, () => Promise.resolve(1))).toBe(1);
    await expect(within({ ms: 1000, late }, signal, () => Promise.reject(late()))).rejects.toThrow('late');
  });

  it('ends at the limit, whether or not it listens', async () => {
    const { signal } = new AbortController();
    let heard: unknown;
    const deaf = within({ ms: 20, late }, signal, async (limited) => {
      limited.addEventListener('abort', () => (heard = limited.reason));
      return await never();
    });
    await expect(deaf).rejects.toThrow('late');
    expect(heard).toEqual(late());
  });

  it("ends with the caller's signal, and its reason", async () => {
    const controller = new AbortController();
    const work = within({ ms: 10_000, late }, controller.signal, never);
    controller.abort(new Error('interrupted'));
    await expect(work).rejects.toThrow('interrupted');
    await expect(within({ ms: 10_000, late }, controller.signal, never)).rejects.toThrow('interrupted');
  });

  it('has no limit that a timer cannot count to', async () => {
    const { signal } = new AbortController();
    const work = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 1;
    };
    expect(await within({ ms: Infinity, late }, signal, work)).toBe(1);
  });
});
