import { readdirSync } from 'node:fs';

import { BUILTIN_DIRECTORY } from './builtin.ts';

/** The built-in profiles, sorted. In the place of this file scripts/bundle.mjs puts their names. */
export const builtinNames: readonly string[] = readdirSync(BUILTIN_DIRECTORY)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))
  .sort();
