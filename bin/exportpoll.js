#!/usr/bin/env node
'use strict';

const [major, minor, patch] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)))) {
  process.stderr.write(`exportpoll needs Node.js 20.18.1 or newer; this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  // CommonJS, also by the package.json beside this: it starts faster than modules do.
  const { join } = require('node:path');
  void require('./load.js').load(join(__dirname, '../dist/cli.cjs')).main();
}
