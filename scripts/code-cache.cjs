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

// A cache counts for the flags that V8 has when it is made, as when it is used: they are set only at the end, each
// before the files that the program loads after it has set them.
const { setFlagsFromString } = v8;
const phases = [{ flags: '', scripts: [] }];
v8.setFlagsFromString = (flags) => phases.push({ flags, scripts: [] });
const save = () => {
  for (const { flags, scripts } of phases) {
    if (flags !== '') setFlagsFromString(flags);
    for (const { script, path } of scripts) writeFileSync(path, script.createCachedData());
  }
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
void load(join(dist, 'cli.cjs'), (script, path) => phases.at(-1).scripts.push({ script, path }))
  .main()
  .finally(() => {
    save();
    rmSync(folder, { recursive: true });
  });
