/**
 * Leaves beside each file of the bundled program what V8 makes of it in a run that reads a configuration with a profile
 * and saves an export; bin/load.js uses that. Whatever runs then is compiled already when the program starts; without the cache it only starts slower.
 */
'use strict';

const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const v8 = require('node:v8');

const { load } = require('../bin/load.js');

const dist = join(__dirname, '../dist');
let scripts = [];
const save = (some) => {
  for (const { script, path } of some) writeFileSync(path, script.createCachedData());
};

// A cache counts for the flags that V8 has when it is made, as when it is used: they are set only at the end, between
// the files that the program loads before it sets them, and those that it loads after that.
const { setFlagsFromString } = v8;
let beforeFlags = [];
let flags = '';
v8.setFlagsFromString = (text) => {
  flags = text;
  beforeFlags = scripts;
  scripts = [];
};

const folder = mkdtempSync(join(tmpdir(), 'exportpoll-build-'));
process.chdir(folder);
const profile = join(__dirname, '../profiles/rebilly.yaml');
writeFileSync('config.yaml', `providers: { mine: { profile: ${JSON.stringify(profile)} } }`);
process.env = { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: folder };
process.argv.splice(
  2,
  Infinity,
  'watch',
  '--sandbox',
  '-c',
  'config.yaml',
  '--interval',
  '100ms',
  '-q',
  'webadmit:86446/74780',
);
process.stdout.write = () => true;
void load(join(dist, 'cli.cjs'), (script, path) => scripts.push({ script, path }))
  .main()
  .finally(() => {
    save(beforeFlags);
    setFlagsFromString(flags);
    save(scripts);
    rmSync(folder, { recursive: true });
  });
