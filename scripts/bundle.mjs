/**
 * Bundles the program into dist/cli.cjs, for a quick start: what a command does not use is in files that it does not
 * load. CommonJS, which Node loads faster than modules; not minified, so that stacks can be read as they are. The
 * library stays as tsc emits it.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { rolldown } from 'rolldown';

import { builtinNames } from '../dist/profiles/builtin.js';
import { loadBuiltin } from '../dist/profiles/load-builtin.js';
import * as version from '../dist/version.js';

/** What the program would otherwise read, and check, at every start; the library has been built by then. */
const compiled = {
  'src/version.ts': () =>
    Object.entries(version)
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
      .join('\n'),
  'src/profiles/load-builtin.ts': () => {
    const profiles = builtinNames.map((name) => [name, JSON.stringify(loadBuiltin(name))]);
    return `
      const profiles = ${JSON.stringify(Object.fromEntries(profiles))};
      export const loadBuiltin = (name) => JSON.parse(profiles[name]);`;
  },
};
const compileData = {
  name: 'compile-data',
  load: (id) => compiled[relative(process.cwd(), id)]?.(),
};

/** commander loads this for programs that are not one file; it takes longer than commander itself. */
const lazyChildProcess = {
  name: 'lazy-child-process',
  transform(code, id) {
    if (!id.endsWith('/commander/lib/command.js')) return undefined;
    const eager = "const childProcess = require('node:child_process');";
    if (!code.includes(eager)) throw new Error('commander is not what this plugin knows');
    const lazy = "const childProcess = { spawn: (...args) => require('node:child_process').spawn(...args) };";
    return { code: code.replace(eager, lazy), map: null };
  },
};

/** What bin/load.js runs can load nothing with import(); cosmiconfig has one for programs, which are never read. */
const noImports = {
  name: 'no-imports',
  renderChunk(code, { fileName }) {
    const found = code.match(/^.*(?<![.\w{]|@type \{|typeof )import\(.*$/gm) ?? [];
    const unknown = found.filter((line) => !/^\s*(\*|\/[/*])|import\(href\)/.test(line));
    if (unknown.length > 0) throw new Error(`${fileName}: ${unknown.join('; ')}`);
  },
};

// The code cache of the last build: V8 tells one file from another by its length alone.
for (const name of readdirSync('dist')) if (name.endsWith('.cache')) rmSync(join('dist', name));

const bundle = await rolldown({
  input: { cli: 'src/main.ts' },
  platform: 'node',
  plugins: [compileData, lazyChildProcess, noImports],
  resolve: { alias: { undici$: resolve('scripts/undici.cjs') } },
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
