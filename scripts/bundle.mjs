/**
 * Bundles the program into dist/cli.cjs, for a quick start: what a command does not use is in files that it does not
 * load. CommonJS, which Node loads faster than modules; not minified, so that stacks can be read as they are. The
 * library stays as tsc emits it.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { rolldown } from 'rolldown';

import { builtinNames } from '../dist/profiles/builtin-names.js';
import { loadBuiltin } from '../dist/profiles/load-builtin.js';
import * as version from '../dist/version.js';

/** What the program would otherwise read, and check, at every start; the library has been built by then. */
const compiled = {
  'src/version.ts': () =>
    Object.entries(version)
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
      .join('\n'),
  'src/profiles/builtin-names.ts': () => `export const builtinNames = ${JSON.stringify(builtinNames)};`,
  'src/profiles/load-builtin.ts': () => {
    const profiles = builtinNames.map((name) => [name, JSON.stringify(loadBuiltin(name))]);
    return `
      const profiles = ${JSON.stringify(Object.fromEntries(profiles))};
      export const loadBuiltin = (name) => JSON.parse(profiles[name]);`;
  },
};
const found = new Set();
const compileData = {
  name: 'compile-data',
  load(id) {
    const file = relative(process.cwd(), id).replaceAll('\\', '/');
    if (compiled[file] === undefined) return undefined;
    found.add(file);
    return compiled[file]();
  },
};

/** What packages load at once, and the program never uses: by their files, what is to be in the place of what. */
const unused = {
  // For programs that are not one file; takes longer than commander itself.
  'commander/lib/command.js': [
    "const childProcess = require('node:child_process');",
    "const childProcess = { spawn: (...args) => require('node:child_process').spawn(...args) };",
  ],
  // HTTP/2; takes as long as all else that undici loads.
  'undici/lib/dispatcher/client.js': [
    "const connectH2 = require('./client-h2.js')",
    "const connectH2 = (...args) => require('./client-h2.js')(...args)",
  ],
};
const lazyUnused = {
  name: 'lazy-unused',
  transform(code, id) {
    const file = Object.keys(unused).find((name) => id.endsWith(`/node_modules/${name}`));
    if (file === undefined) return undefined;
    found.add(file);
    const [eager, lazy] = unused[file];
    if (!code.includes(eager)) throw new Error(`${file} is not what this plugin knows`);
    return { code: code.replace(eager, lazy), map: null };
  },
  buildEnd() {
    const missing = Object.keys({ ...compiled, ...unused }).filter((file) => !found.has(file));
    if (missing.length > 0) throw new Error(`${missing.join(', ')}: not in the bundle`);
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
  plugins: [compileData, lazyUnused, noImports],
  resolve: { alias: { undici$: resolve('scripts/undici.cjs') } },
});
await bundle.write({
  // Flat in dist, as src/package-file.ts expects.
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'cli-[name].cjs',
  sourcemap: true,
  // What every command loads is one file: each more takes 0.1 ms and more.
  codeSplitting: { groups: [{ name: 'main', tags: ['$initial'] }] },
});
await bundle.close();
