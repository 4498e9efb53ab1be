// Preloaded into the program (NODE_OPTIONS=--import): ends it with SIGKILL right before the step of the file system
// that KILL_AT_STEP names, counting from 1; without that, writes the steps that there were to STEPS_FILE.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env.KILL_AT_STEP ?? 0);
const steps = [];

function step(name) {
  steps.push(name);
  if (steps.length === killAt) process.kill(process.pid, 'SIGKILL');
}

function wrap(holder, prefix, names) {
  for (const name of names) {
    const original = holder[name];
    holder[name] = function wrapped(...args) {
      step(`${prefix}${name}`);
      return original.apply(this, args);
    };
  }
}

const handle = await fs.promises.open(process.execPath);
const { write, writev, writeFile, sync, truncate } = Object.getPrototypeOf(handle);
await handle.close();
if (![write, writev, writeFile, sync, truncate].every((method) => typeof method === 'function')) {
  throw new Error('FileHandle is not what this file knows');
}
wrap(Object.getPrototypeOf(handle), 'handle.', ['write', 'writev', 'writeFile', 'sync', 'truncate']);
wrap(fs.promises, '', ['open', 'rename', 'link', 'unlink', 'chmod', 'mkdir', 'writeFile']);
// How a lock is removed.
wrap(fs, '', ['unlinkSync']);
syncBuiltinESMExports();
process.on('exit', () => {
  if (process.env.STEPS_FILE !== undefined) fs.writeFileSync(process.env.STEPS_FILE, steps.join('\n'));
});
