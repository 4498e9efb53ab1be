import { expect, it } from 'vitest';

import { coalesced } from '../../src/download/coalesced.ts';

/** Work that ends when it is told to; `begun` counts its runs. */
function controlled(): { work: () => Promise<void>; end: (error?: Error) => void; begun: () => number } {
  let count = 0;
  let finish: (error?: Error) => void = () => undefined;
  const work = async (): Promise<void> => {
    count += 1;
    await new Promise<void>((resolve, reject) => {
      finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  return { work, end: (error) => finish(error), begun: () => count };
}

const turn = async (): Promise<void> => await new Promise(setImmediate);

it('one run serves all who asked before it began', async () => {
  const { work, end, begun } = controlled();
  const ask = coalesced(work);
  const first = ask();
  await turn();
  const others = [ask(), ask(), ask()];
  await turn();
  expect(begun()).toBe(1);
  end();
  await first;
  await turn();
  expect(begun()).toBe(2);
  end();
  await Promise.all(others);
  expect(begun()).toBe(2);
});

it('who asks during a run does not get its result: it began too early for them', async () => {
  const { work, end } = controlled();
  const ask = coalesced(work);
  const first = ask();
  await turn();
  let served = false;
  const second = ask().then(() => (served = true));
  end();
  await first;
  await turn();
  expect(served).toBe(false);
  end();
  await second;
});

it('a failure is told to those whose run it was, and to nobody after them', async () => {
  const { work, end } = controlled();
  const ask = coalesced(work);
  const first = ask();
  await turn();
  const second = ask();
  end(new Error('full'));
  await expect(first).rejects.toThrow('full');
  await turn();
  end();
  await second;
});
