import { setMaxListeners } from 'node:events';

import type { LostLockError } from '../errors.ts';
import type { RunWorld } from './world.ts';

/** A world that ends with the lock of what is worked on in it. */
export interface HeldWorld<World> {
  readonly world: World;
  /** To be called when another run has taken the lock over: aborts the world's signal, with the error as its reason. */
  readonly onLost: (error: LostLockError) => void;
}

/** `world`, until its lock is lost. */
export function whileHeld<World extends RunWorld>(world: World): HeldWorld<World> {
  const lost = new AbortController();
  const signal = AbortSignal.any([world.context.signal, lost.signal]);
  // All files of an export listen to it, and there may be many at once.
  setMaxListeners(0, signal);
  return {
    world: { ...world, context: { ...world.context, signal } },
    onLost: (error) => lost.abort(error),
  };
}
