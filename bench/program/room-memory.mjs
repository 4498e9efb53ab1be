/*
 * The memory of a room, as a process of its own: takes as many bytes as its argument says, tells so, and keeps as many
 * of them as it is then told, in blocks. It wants `--expose-gc`, and glibc's huge pages: to give 4 GiB back then takes
 * 0.06 s of CPU, and with small pages or blocks 0.4 to 0.7 s, which come on top of whatever is timed.
 */
import process from 'node:process';

const BLOCK_BYTES = 256 * 1024 * 1024;

const count = Math.ceil(Number(process.argv[2]) / BLOCK_BYTES);
const blocks = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(BLOCK_BYTES).fill(1));

process.on('message', (bytes) => {
  const wanted = Math.ceil(bytes / BLOCK_BYTES);
  if (wanted >= blocks.length) return;
  blocks.length = wanted;
  globalThis.gc();
});
// Also when the bench is killed.
process.on('disconnect', () => process.exit());
process.send('taken');
