#!/usr/bin/env node
const [major, minor, patch] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)))) {
  process.stderr.write(`exportpoll needs Node.js 20.18.1 or newer; this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  const { main } = await import('../dist/main.js');
  await main();
}
