import { EIGHT, MANY, type Data } from './data.ts';
import type { Command } from './measure.ts';
import { bare, exportpoll, shell, type Expected } from './peers.ts';
import type { Arrivals } from './arrivals.ts';
import type { Places } from './places.ts';
import { EXPORTS, type Server } from './server.ts';

/** By which sections can be asked for on the command line, in the order in which they are shown. */
export const sectionKeys = [
  'one',
  'eight',
  'eight-on-disk',
  'plain',
  'tls',
  'tls-plain',
  'many',
  'connections',
  'start-up',
  'first-request',
] as const;

type SectionKey = (typeof sectionKeys)[number];

/** One table. */
export interface Section {
  readonly title: string;
  /** The first is the yardstick of the ratios. */
  readonly commands: readonly Command[];
  /** Unless `--rounds` tells; fewer for what takes long, so that a bench of everything ends. */
  readonly rounds: number;
  /** The disk unless told. */
  readonly place?: keyof Places;
  readonly env?: Readonly<Record<string, string>>;
}

export function sectionsFor(
  data: Data,
  server: Server,
  arrivals: Arrivals,
  script: string,
): Record<SectionKey, Section> {
  const large: Expected = { ending: '.csv', files: 1, bytes: data.largeBytes };
  const eight: Expected = { ending: '.csv', files: EIGHT, bytes: EIGHT * data.largeBytes };
  const plain: Expected = { ending: '.csv', files: 1, bytes: data.plainBytes };
  const many: Expected = { ending: '.csv', files: MANY, bytes: data.smallBytes };
  const empty: Command = { name: 'an empty node script', argv: [process.execPath, script] };
  const { http, https, throttled, distant } = server;

  const pipe = (fetch: string, inflate: string, from = http.origin): string =>
    `${fetch} ${from}/large.csv.gz | ${inflate} > large.csv`;
  const eightBy = (inflate: string, then = ''): Command =>
    shell(
      `xargs -P2 curl \\| ${inflate}${then === '' ? '' : ', then sync'}`,
      `seq ${EIGHT} | xargs -P2 -I{} sh -c 'curl -sSf ${http.origin}/large-{}.csv.gz | ${inflate} > {}.csv'${then}`,
      { needs: ['curl', inflate.split(' ')[0] ?? ''], expected: eight },
    );
  const aria = (list: string, flags: string): string => `${list} | aria2c -q --allow-overwrite ${flags} -i -`;

  return {
    one: {
      title: 'one file, 64 MiB gz',
      rounds: 9,
      commands: [
        shell('curl \\| gunzip', pipe('curl -sSf', 'gunzip'), { needs: ['curl'], expected: large }),
        exportpoll('exportpoll', { store: http, id: EXPORTS.one, expected: large }),
        shell('curl \\| pigz -d', pipe('curl -sSf', 'pigz -d'), { needs: ['curl', 'pigz'], expected: large }),
        shell('curl \\| igzip -d', pipe('curl -sSf', 'igzip -d'), {
          needs: ['curl', 'igzip'],
          expected: large,
        }),
        shell('wget \\| gunzip', pipe('wget -qO-', 'gunzip'), { needs: ['wget'], expected: large }),
        shell('aria2c, then gunzip', `aria2c -q ${http.origin}/large.csv.gz && gunzip large.csv.gz`, {
          needs: ['aria2c'],
          expected: large,
        }),
      ],
    },
    eight: {
      title: 'eight files, 64 MiB gz each',
      rounds: 5,
      place: 'memory',
      commands: [
        eightBy('gunzip'),
        exportpoll('exportpoll --concurrency 2', {
          store: http,
          id: EXPORTS.eight,
          expected: eight,
          flags: ['--concurrency', '2'],
        }),
        eightBy('pigz -d'),
        eightBy('igzip -d'),
        shell(
          'aria2c -j2, then gunzip',
          `${aria(`seq -f '${http.origin}/large-%g.csv.gz' ${EIGHT}`, '-j2')} && ls *.gz | xargs -P2 -n1 gunzip`,
          { needs: ['aria2c'], expected: eight },
        ),
      ],
    },
    'eight-on-disk': {
      title: 'eight files, 64 MiB gz each, forced to the disk',
      rounds: 3,
      commands: [
        eightBy('gunzip', ' && sync *.csv'),
        exportpoll('exportpoll --concurrency 2', {
          store: http,
          id: EXPORTS.eight,
          expected: eight,
          flags: ['--concurrency', '2'],
        }),
        eightBy('pigz -d', ' && sync *.csv'),
      ],
    },
    plain: {
      title: 'one file, 400 MiB, not compressed',
      rounds: 9,
      commands: [
        shell('curl -o', `curl -sSf -o plain.csv ${http.origin}/plain.csv`, {
          needs: ['curl'],
          expected: plain,
        }),
        exportpoll('exportpoll', { store: http, id: EXPORTS.plain, expected: plain }),
        shell('wget', `wget -q ${http.origin}/plain.csv`, { needs: ['wget'], expected: plain }),
        shell('aria2c', `aria2c -q ${http.origin}/plain.csv`, { needs: ['aria2c'], expected: plain }),
      ],
    },
    tls: {
      title: 'one file, 64 MiB gz, over TLS',
      rounds: 5,
      env: { NODE_EXTRA_CA_CERTS: server.certificate },
      commands: [
        shell('curl \\| gunzip', pipe(`curl -sSf --cacert ${server.certificate}`, 'gunzip', https.origin), {
          needs: ['curl'],
          expected: large,
        }),
        exportpoll('exportpoll', { store: https, id: EXPORTS.one, expected: large }),
        shell(
          'wget \\| gunzip',
          pipe(`wget -q --ca-certificate=${server.certificate} -O-`, 'gunzip', https.origin),
          { needs: ['wget'], expected: large },
        ),
      ],
    },
    'tls-plain': {
      title: 'one file, 400 MiB, not compressed, over TLS',
      rounds: 5,
      env: { NODE_EXTRA_CA_CERTS: server.certificate },
      commands: [
        shell('curl -o', `curl -sSf --cacert ${server.certificate} -o plain.csv ${https.origin}/plain.csv`, {
          needs: ['curl'],
          expected: plain,
        }),
        exportpoll('exportpoll', { store: https, id: EXPORTS.plain, expected: plain }),
      ],
    },
    many: {
      title: '500 files of 20 KB gz, 16 at once, answers 15 ms later',
      rounds: 9,
      commands: [
        shell(
          'curl -Z, then gunzip',
          `curl -sSf -Z --parallel-max 16 --remote-name-all '${distant.origin}/small-[1-${MANY}].csv.gz' && gunzip *.gz`,
          { needs: ['curl'], expected: many },
        ),
        exportpoll('exportpoll', {
          store: distant,
          id: EXPORTS.many,
          expected: many,
          flags: ['--concurrency', '16', '-q'],
        }),
        shell(
          'aria2c -j16, then gunzip',
          `${aria(`seq -f '${distant.origin}/small-%g.csv.gz' ${MANY}`, '-j16')} && gunzip *.gz`,
          { needs: ['aria2c'], expected: many },
        ),
        shell(
          'xargs -P16 wget, then gunzip',
          `seq -f '${distant.origin}/small-%g.csv.gz' ${MANY} | xargs -P16 -n32 wget -q && gunzip *.gz`,
          { needs: ['wget'], expected: many },
        ),
      ],
    },
    connections: {
      title: 'one file, 64 MiB gz, 10 MB/s for each connection',
      rounds: 3,
      commands: [
        exportpoll('exportpoll', { store: throttled, id: EXPORTS.one, expected: large }),
        ...[4, 8].map((count) =>
          exportpoll(`exportpoll --connections ${count}`, {
            store: throttled,
            id: EXPORTS.one,
            expected: large,
            flags: ['--connections', String(count)],
          }),
        ),
        shell('curl \\| gunzip', pipe('curl -sSf', 'gunzip', throttled.origin), {
          needs: ['curl'],
          expected: large,
        }),
        shell(
          'aria2c -x8 -s8, then gunzip',
          `aria2c -q -x8 -s8 -k1M ${throttled.origin}/large.csv.gz && gunzip large.csv.gz`,
          { needs: ['aria2c'], expected: large },
        ),
      ],
    },
    'start-up': {
      title: 'start-up',
      rounds: 25,
      commands: [
        empty,
        bare('exportpoll --version', ['--version']),
        bare('exportpoll --help', ['--help']),
        bare('exportpoll watch --no-such-flag', ['watch', '--no-such-flag'], 2),
        { name: 'curl --version', argv: ['curl', '--version'], needs: ['curl'] },
      ],
    },
    'first-request': {
      title: 'until the first request is on the wire',
      rounds: 25,
      env: {
        EXPORTPOLL_WEBADMIT_API_KEY: 'of-the-bench',
        EXPORTPOLL_WEBADMIT_BASE_URL: arrivals.origin,
      },
      commands: [
        empty,
        { ...bare('exportpoll status', ['status', 'webadmit:1/2']), until: arrivals.next },
        {
          name: 'curl',
          argv: ['curl', '-sS', '-o', '/dev/null', arrivals.origin],
          needs: ['curl'],
          until: arrivals.next,
        },
      ],
    },
  };
}
