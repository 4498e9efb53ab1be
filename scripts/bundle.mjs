/**
 * Bundles the program into dist/cli.cjs, for a quick start: what a command does not use is in files that it does not
 * load. CommonJS, which Node loads faster than modules; not minified, so that stacks can be read as they are. The
 * library stays as tsc emits it.
 */
import { rolldown } from 'rolldown';

import { builtinNames, loadBuiltin } from '../dist/profiles/load.js';

/** Gives `src/profiles/compiled.ts` what it is for; the library has been built by then. */
const compileProfiles = {
  name: 'compile-profiles',
  load(id) {
    if (!id.endsWith('/src/profiles/compiled.ts')) return undefined;
    const compiled = builtinNames.map((name) => [name, JSON.stringify(loadBuiltin(name))]);
    return `export const compiled = ${JSON.stringify(Object.fromEntries(compiled))};`;
  },
};

const bundle = await rolldown({
  input: { cli: 'src/main.ts' },
  platform: 'node',
  plugins: [compileProfiles],
});
await bundle.write({
  // Flat in dist, as src/package-file.ts expects.
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'cli-[name].cjs',
  sourcemap: true,
});
await bundle.close();
