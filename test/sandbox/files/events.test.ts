import { describe, expect, it } from 'vitest';
import { eventsCsv } from '../../../src/sandbox/files/events.ts';

const table = { seed: 'a', rows: 2500, headerRow: true, encoding: 'utf8' } as const;
const csv = (changes: Partial<Parameters<typeof eventsCsv>[0]> = {}) =>
  Buffer.concat([...eventsCsv({ ...table, ...changes })]);

describe('the table of events', () => {
  it('has as many rows as asked for, each numbered, under one header', () => {
    const lines = csv().toString('utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2501);
    expect(lines[0]).toBe('idEvent,tsEvent,name,country,amount');
    expect(lines[2500]).toMatch(/^2500-[0-9a-f]{8},/);
  });

  it('is the same every time, and another one for another seed', () => {
    expect(csv()).toEqual(csv());
    expect(csv()).not.toEqual(csv({ seed: 'b' }));
  });

  it('holds the same text in both encodings, which differ in bytes', () => {
    expect(csv({ encoding: 'latin1' }).toString('latin1')).toBe(csv().toString('utf8'));
    expect(csv({ encoding: 'latin1' })).not.toEqual(csv());
  });

  it('comes in chunks that do not grow with the table', () => {
    for (const chunk of eventsCsv({ ...table, rows: 10_000 })) expect(chunk.length).toBeLessThan(100_000);
  });
});
