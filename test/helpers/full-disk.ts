import { open, type FileHandle } from 'node:fs/promises';

import { vi, type MockInstance } from 'vitest';

/**
 * Lets the disk be full for the first text written that matches: `bytes` of it are taken, and the writer is told of
 * ENOSPC. There is space again for whatever is written next.
 */
export async function cutWrite(text: RegExp, bytes = 30): Promise<MockInstance> {
  const handle = await open(process.execPath);
  const methods = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const write: FileHandle['writeFile'] = Reflect.get(methods, 'writeFile');
  let isFull = true;
  return vi.spyOn(methods, 'writeFile').mockImplementation(async function (this: FileHandle, data, ...rest) {
    if (!isFull || typeof data !== 'string' || !text.test(data)) return await write.call(this, data, ...rest);
    isFull = false;
    await this.write(Buffer.from(data).subarray(0, bytes));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
  });
}
