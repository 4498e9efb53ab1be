import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type ErrorCode,
  type YAMLMap,
} from 'yaml';

import { ConfigError, messageOf } from '../../errors.ts';

/** The data of a configuration file, and where in the file a key stands. */
export interface Parsed {
  readonly data: unknown;
  /** The line, from 1, of what stands at `path`, or of the nearest thing around it that is there. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Where something stands, for messages: `/home/me/.exportpollrc:3: providers.webadmit.apiKey`. */
export function place(file: string, line: number | undefined, key: readonly PropertyKey[]): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${key.length === 0 ? 'the file' : key.map(String).join('.')}`;
}

/** For problems whose message has an excerpt of the file in the midst of it. */
const PLAIN_WORDS: Partial<Record<ErrorCode, string>> = {
  BAD_DIRECTIVE: 'Unknown directive; quote text that begins with "%"',
  TAG_RESOLVE_FAILED: 'Unresolved tag; quote text that begins with "!"',
  BAD_DQ_ESCAPE: 'Invalid escape sequence in double quotes',
};

/** Deeper than any configuration; what is deeper refers to itself, or was made to exhaust the stack. */
const MOST_LEVELS = 32;

/** Reads YAML. Throws ConfigError that names file and line; it never quotes the text, which may hold secrets. */
export function parseYaml(text: string, file: string): Parsed {
  const tree = parseTree(text);
  const { document, counter } = tree;
  const [problem] = document.errors;
  if (problem !== undefined) {
    // What follows a colon in these messages is an excerpt of the file; of some more is.
    const what = PLAIN_WORDS[problem.code] ?? problem.message.replace(/: .*$/s, '');
    throw new ConfigError(`${file}:${counter.linePos(problem.pos[0]).line}: ${what}`);
  }
  refuseRepeatedKeys(tree, file);
  keepDigits(document);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError(
      `${file}: has an alias that leads nowhere, or too many; quote text that begins with "*"`,
    );
  }
  refuseTraps(data, file);
  return { data, lineOf: linesOf(text, tree) };
}

interface Tree {
  readonly document: Document;
  readonly counter: LineCounter;
  /** What stands in the maps that somebody asked for, by key. */
  readonly maps: WeakMap<YAMLMap, ReadonlyMap<string, unknown>>;
}

function parseTree(text: string): Tree {
  const counter = new LineCounter();
  return {
    document: parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
    }),
    counter,
    maps: new WeakMap(),
  };
}

/** A run of hours keeps this, and not the tree, which takes many times the memory of the text. */
function linesOf(text: string, first?: Tree): Parsed['lineOf'] {
  let known = first && new WeakRef(first);
  return (path) => {
    const tree = known?.deref() ?? parseTree(text);
    known = new WeakRef(tree);
    return lineIn(tree, path);
  };
}

/**
 * Reads JSON, or what stands under `part` of it: other tools' parts of a package.json are none of our business. Throws
 * ConfigError; it never quotes the text, which may hold secrets.
 */
export function parseJson(text: string, file: string, part?: string): Parsed {
  const whole = readJson(text, file);
  if (part !== undefined && !hasKey(whole, part)) return { data: {}, lineOf: () => undefined };
  const data = part === undefined ? whole : { [part]: (whole as Record<string, unknown>)[part] };
  refuseTraps(data, file);
  const prefix = part === undefined ? [] : [part];
  // JSON is YAML (1.2), whose parser knows where things stand; it is asked only when something is wrong.
  const lineOf = linesOf(text);
  return { data, lineOf: (path) => lineOf([...prefix, ...path]) };
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    // The rest of the message may be an excerpt of the file.
    const offset = /at position (\d+)/.exec(messageOf(error))?.[1];
    const line = offset === undefined ? '' : `:${text.slice(0, Number(offset)).split('\n').length}`;
    throw new ConfigError(`${file}${line}: is not valid JSON`);
  }
}

/** The parser's own check compares every key with every other one, which takes a minute for a file of 60 000. */
function refuseRepeatedKeys({ document, counter }: Tree, file: string): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const line = counter.linePos(key.range?.[0] ?? 0).line;
          throw new ConfigError(`${file}:${line}: Map keys must be unique`);
        }
        seen.add(key.value);
      }
    },
  });
}

/** A number that would not print as it is written (`0123`, `1e5`, a long id) stays the text that it is. */
function keepDigits(document: Document): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' && node.source !== undefined && String(node.value) !== node.source) {
        node.value = node.source;
      }
    },
  });
}

/** Throws ConfigError for `$import`, which makes the loader run modules, and `__proto__`, at any depth. */
function refuseTraps(value: unknown, file: string, level = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (level > MOST_LEVELS) throw new ConfigError(`${file}: is nested more than ${MOST_LEVELS} levels deep`);
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$import' || key === '__proto__') throw new ConfigError(`${file}: "${key}" is not allowed`);
    refuseTraps(inner, file, level + 1);
  }
}

function lineIn({ document, counter, maps }: Tree, path: readonly PropertyKey[]): number | undefined {
  let offset: number | undefined;
  let node: unknown = document.contents;
  for (const step of path) {
    node = isMap(node)
      ? valuesOf(node, maps).get(String(step))
      : isSeq(node)
        ? node.get(step, true)
        : undefined;
    if (!isNode(node)) break;
    offset = node.range?.[0] ?? offset;
  }
  return offset === undefined ? undefined : counter.linePos(offset).line;
}

/** The parser's own way goes through the whole map for each key: a file of many mistakes would take quadratic time. */
function valuesOf(map: YAMLMap, known: Tree['maps']): ReadonlyMap<string, unknown> {
  let values = known.get(map);
  if (values === undefined) {
    values = new Map(map.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), value]));
    known.set(map, values);
  }
  return values;
}
