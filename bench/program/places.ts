import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** Where commands write: to the disk, which is timed with them, or into memory, where it would be the disk alone. */
export interface Places {
  readonly memory: string;
  readonly disk: string;
}

/** What a round of the largest section writes, and as much again. */
const ROOM_BYTES = 12e9;

/** Memory is Linux's /dev/shm; where there is none, or too little of it, everything is written to the disk. */
export async function findPlaces(): Promise<Places> {
  const disk = tmpdir();
  const shared = '/dev/shm';
  try {
    await access(shared, constants.W_OK);
    const { bavail, bsize } = await statfs(shared);
    return { memory: bavail * bsize >= ROOM_BYTES ? shared : disk, disk };
  } catch {
    return { memory: disk, disk };
  }
}
