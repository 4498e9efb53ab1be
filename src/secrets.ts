const MASK = '***';

/** Shorter secrets would mask half of every message; they are refused where secrets are loaded. */
export const MIN_SECRET_LENGTH = 4;

/** A value that prints as `***`, whatever prints it. `reveal()` is called only where a request is signed. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK;
  }
}

/** Masks secrets by value (plain, as URLs and forms encode them, in base64) and the query of every URL by pattern. */
export class Redactor {
  /** As they are; not what is only masked like one. */
  readonly #secrets = new Set<string>();
  readonly #forms = new Set<string>();
  /** Longest first: a secret may contain another one. */
  #sorted: readonly string[] | undefined;

  /** From now on `secret` is masked wherever it appears, and is known as one. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    this.#secrets.add(secret);
    this.conceal(secret);
  }

  /** From now on `text`, which need be no secret, is masked like one. */
  conceal(text: string): void {
    if (text.length < MIN_SECRET_LENGTH || this.#forms.has(text)) return;
    for (const form of [text, JSON.stringify(text).slice(1, -1), ...urlForms(text), ...base64Forms(text)])
      if (form.length >= MIN_SECRET_LENGTH) this.#forms.add(form);
    this.#sorted = undefined;
  }

  /** True for a text that holds a secret. */
  knows(text: string): boolean {
    return [...this.#forms].some((form) => text.includes(form));
  }

  /**
   * True for a URL, or text that becomes one, that holds a secret, whichever of its characters are escaped, once or, as
   * in a URL within a URL, twice; with a plus for a space, as in a form; and in any letter case, since hosts have but one.
   */
  isIn(url: string): boolean {
    const readings = [url, unescaped(url), unescaped(unescaped(url))].map(evened);
    return [...this.#secrets].some((secret) => readings.some((text) => text.includes(evened(secret))));
  }

  mask(text: string): string {
    this.#sorted ??= [...this.#forms].sort((a, b) => b.length - a.length);
    let masked = text.replace(/[^\s"'<>]+/g, withoutQuery);
    for (const form of this.#sorted) masked = masked.replaceAll(form, MASK);
    return masked;
  }
}

/** A shorter path of a URL is no secret of its own, and masking it would take words out of messages. */
const MIN_PATH_LENGTH = 12;

/** Masks a URL of which everything behind the host is a secret, and that part of it where it stands alone. */
export function maskUrl({ href, pathname, search }: URL, redactor: Redactor): void {
  redactor.conceal(href);
  for (const path of [pathname, `${pathname}${search}`])
    if (path.length > MIN_PATH_LENGTH) redactor.conceal(path.slice(1));
}

/**
 * A word with the query of the URL in it masked. Two searches rather than one pattern for the whole URL: that would
 * take quadratic time for a word of a megabyte, and a server decides how long its words are.
 */
function withoutQuery(word: string): string {
  const scheme = word.search(/[a-z0-9+.-]:\/\//i);
  const query = scheme < 0 ? -1 : word.indexOf('?', scheme);
  return query < 0 ? word : `${word.slice(0, query)}?${MASK}`;
}

/** As URLs and forms write it: `encodeURIComponent`, RFC 3986 (which escapes `!'()*`, too), a form's; `%xx` in either case. */
function urlForms(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  return [component, strict, form].flatMap((text) => [
    text,
    text.replace(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
  ]);
}

function evened(text: string): string {
  return text.replaceAll('+', ' ').toLowerCase();
}

/** Without escapes; what is no escape stays. Bytes are read as UTF-8, also those that stand there as they came (latin1). */
function unescaped(text: string): string {
  const bytes = text.replace(/%([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * As base64 writes it, alone and amid other text: three bytes become four characters, so that it looks different
 * behind one, two or three bytes. Characters that also depend on a neighbour are left out.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return (['base64', 'base64url'] as const).flatMap((encoding) => {
    const amid = [0, 1, 2].map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
      const whole = Math.floor(((before + bytes.length) * 8) / 6);
      return text.slice(Math.ceil((before * 8) / 6), whole);
    });
    return [bytes.toString(encoding).replace(/=+$/, ''), ...amid];
  });
}
