import type { Settings } from '../settings.ts';
import { parseDuration, parseSize } from '../units.ts';
import { atLeast, ciOutput, nameTemplate, oneOf, pingUrl, text, wait, yesOrNo } from './values.ts';
import { commandText } from './words.ts';

/** The commands that take flags which fill settings. */
export type CommandName =
  | 'watch'
  | 'download'
  | 'status'
  | 'start'
  | 'cancel'
  | 'list'
  | 'verify'
  | 'providers'
  | 'config'
  | 'sandbox';

/** A setting's name in configuration files: `interval` for `intervalMs`. */
export type SettingName = {
  [Key in keyof Settings]-?: Key extends `${infer Name}Ms` ? Name : Key;
}[keyof Settings];

interface FlagOf<Key extends keyof Settings> {
  /** The setting that it fills. */
  readonly key: Key;
  /** Its name in the configuration file and among the raw flags: `maxInterval` for `--max-interval`. */
  readonly name: SettingName;
  /** `--max-interval`. */
  readonly long: string;
  /** `-o`. */
  readonly short?: string;
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly argument?: string;
  readonly choices?: readonly string[];
  readonly description: string;
  /** What the help of a command says instead, where the flag means something else there. */
  readonly descriptions?: Partial<Readonly<Record<CommandName, string>>>;
  /** Commands that accept it like the others, and for which it changes nothing: their help leaves it out. */
  readonly idleIn?: readonly CommandName[];
  /** Its twin in the environment: `EXPORTPOLL_MAX_INTERVAL`. */
  readonly env: string;
  /** Throws RangeError, whose message continues a sentence that begins with the flag: `must be …`. */
  readonly parse: (text: string) => NonNullable<Settings[Key]>;
  /** What holds when nobody sets it, written as a user would; absent when the profile decides, or nothing does. */
  readonly defaultText?: string;
  /** What decides when nobody sets it and there is no default: by itself, nothing. */
  readonly decidedBy?: 'profile';
  /** Whether an entry under `exports:` may set it too; at the top level of a configuration file each of them may stand. */
  readonly perExport: boolean;
  /** Its value is shown to nobody. */
  readonly secret?: true;
  /** A file that was found by search may not set it. */
  readonly trustedOnly?: true;
  readonly commands: readonly CommandName[];
}

/** One flag that fills a setting, with its twins in the environment and in configuration files. */
export type Flag = { [Key in keyof Settings]-?: FlagOf<Key> }[keyof Settings];

const SAVING = ['watch', 'download', 'start', 'config'] as const;
const WAITING = ['watch', 'start', 'config'] as const;
const ASKING = ['watch', 'download', 'status', 'start', 'cancel', 'config'] as const;
const PRINTING = [...ASKING, 'list', 'verify', 'providers'] as const;
const ALL = [...PRINTING, 'sandbox'] as const;

/** Every flag that fills a setting, in the order in which the help shows them. */
export const flags: readonly Flag[] = [
  flag('provider', '--provider', {
    short: '-p',
    argument: 'NAME',
    description: 'provider (profile or configured account) for bare ids',
    parse: text,
    commands: ASKING,
  }),
  flag('output', '--output', {
    short: '-o',
    argument: 'DIR',
    description: 'where files go; - streams their contents to stdout, one after the other',
    descriptions: { verify: 'where they were saved' },
    parse: text,
    defaultText: '.',
    perExport: true,
    commands: [...SAVING, 'verify'],
  }),
  flag('name', '--name', {
    argument: 'TEMPLATE',
    description: 'file name template: {provider} {id} {index} {name} {stem} {ext}',
    parse: nameTemplate,
    defaultText: '{name}',
    perExport: true,
    commands: SAVING,
  }),
  flag('ifExists', '--if-exists', {
    argument: 'WHAT',
    ...oneOf('own', 'overwrite', 'skip', 'rename', 'fail'),
    description:
      'when a different file already has the name; own: replace what an earlier export saved here, else fail',
    defaultText: 'own',
    perExport: true,
    commands: SAVING,
  }),
  flag('force', '--force', {
    description: 'download again although the manifest says that it is here',
    parse: yesOrNo,
    defaultText: 'false',
    commands: SAVING,
  }),
  flag('keepCompressed', '--keep-compressed', {
    description: 'do not gunzip',
    parse: yesOrNo,
    defaultText: 'false',
    perExport: true,
    commands: SAVING,
  }),
  flag('concurrency', '--concurrency', {
    argument: 'N',
    description: 'files downloaded at once, over all exports',
    parse: atLeast(1),
    defaultText: '4',
    commands: SAVING,
  }),
  flag('connections', '--connections', {
    argument: 'N',
    description: 'most ranges of one file to fetch at once, up to 32, where the server allows it',
    parse: atLeast(1),
    defaultText: '1',
    perExport: true,
    commands: SAVING,
  }),
  flag('intervalMs', '--interval', {
    argument: 'DUR',
    description: 'shortest wait between polls (default: of the profile)',
    parse: wait,
    decidedBy: 'profile',
    perExport: true,
    commands: WAITING,
  }),
  flag('maxIntervalMs', '--max-interval', {
    argument: 'DUR',
    description: 'longest wait between polls (default: of the profile)',
    parse: wait,
    decidedBy: 'profile',
    perExport: true,
    commands: WAITING,
  }),
  flag('timeoutMs', '--timeout', {
    argument: 'DUR',
    description: 'give up waiting for readiness (exit 8, state kept; default: of the profile, else 24h)',
    parse: parseDuration,
    decidedBy: 'profile',
    perExport: true,
    commands: WAITING,
  }),
  flag('stallTimeoutMs', '--stall-timeout', {
    argument: 'DUR',
    description: 'no byte for this long is a broken connection',
    parse: wait,
    defaultText: '30s',
    commands: ASKING,
  }),
  flag('retries', '--retries', {
    argument: 'N',
    description: 'consecutive failures without progress before giving up, per request or transfer',
    parse: atLeast(0),
    defaultText: '8',
    commands: ASKING,
  }),
  flag('maxBytes', '--max-bytes', {
    argument: 'SIZE',
    description: 'refuse to write more than this per file',
    parse: parseSize,
    perExport: true,
    commands: SAVING,
  }),
  flag('json', '--json', {
    description: 'NDJSON events on stdout',
    descriptions: { list: 'print a JSON array', providers: 'print JSON', config: 'print a JSON object' },
    parse: yesOrNo,
    defaultText: 'false',
    commands: PRINTING,
  }),
  flag('progress', '--progress', {
    argument: 'HOW',
    ...oneOf('auto', 'bar', 'plain', 'none'),
    description: 'how progress is shown on stderr',
    defaultText: 'auto',
    commands: ASKING,
  }),
  flag('quiet', '--quiet', {
    short: '-q',
    description: 'nothing on stderr unless something fails',
    idleIn: ['providers'],
    parse: yesOrNo,
    defaultText: 'false',
    commands: ALL,
  }),
  flag('verbose', '--verbose', {
    short: '-v',
    description: 'tell every request',
    descriptions: {
      list: 'two more columns: when it was updated, and its file in the ledger',
      verify: 'list every file that a later export has replaced',
    },
    idleIn: ['providers'],
    parse: yesOrNo,
    defaultText: 'false',
    commands: ALL,
  }),
  flag('color', '--no-color', {
    parse: oneOf('auto', 'never', 'always').parse,
    description: 'no colors; also NO_COLOR, FORCE_COLOR',
    defaultText: 'auto',
    commands: ALL,
  }),
  flag('errorOnEmpty', '--error-on-empty', {
    description: 'exit 9 when the export holds no data',
    parse: yesOrNo,
    defaultText: 'false',
    perExport: true,
    commands: [...SAVING, 'status'],
  }),
  flag('exec', '--exec', {
    argument: 'CMD',
    description:
      'run CMD with the paths of the files appended after the set is committed; no shell is started',
    parse: commandText,
    perExport: true,
    commands: SAVING,
  }),
  flag('ping', '--ping', {
    argument: 'URL',
    description: 'tell URL/start and, at the end, URL or URL/EXITCODE, as healthchecks.io takes it',
    parse: pingUrl,
    secret: true,
    trustedOnly: true,
    commands: SAVING,
  }),
  flag('ciOutput', '--ci-output', {
    argument: 'WHERE',
    description: 'write paths, states and exit code for later steps: github or gitlab:FILE',
    parse: ciOutput,
    trustedOnly: true,
    commands: SAVING,
  }),
  flag('sandbox', '--sandbox', {
    description: 'start the stand-ins in this process on a free port and talk to them',
    parse: yesOrNo,
    defaultText: 'false',
    commands: ASKING,
  }),
];

type Described<Key extends keyof Settings> = Omit<
  FlagOf<Key>,
  'key' | 'name' | 'long' | 'env' | 'perExport'
> & {
  readonly perExport?: boolean;
};

function flag<Key extends keyof Settings>(key: Key, long: string, rest: Described<Key>): Flag {
  const words = long.replace(/^--/, '');
  const name = words.replace(/^no-/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const env = `EXPORTPOLL_${words.toUpperCase().replaceAll('-', '_')}`;
  return { perExport: false, ...rest, key, name, long, env } as unknown as Flag;
}
