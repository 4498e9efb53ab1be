// Preloaded into the program: writes what the process has cost to MEASURE_FILE when it ends.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  // The histogram holds the time between two ticks, of which the resolution is no delay.
  const lateMs = (ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  writeFileSync(
    process.env.MEASURE_FILE,
    JSON.stringify({
      peakMiB: maxRSS / 1024,
      cpuMs: (userCPUTime + systemCPUTime) / 1000,
      p99Ms: lateMs(delay.percentile(99)),
      maxMs: lateMs(delay.max),
    }),
  );
});
