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

/** Masks secrets by value (plain, URL-encoded, base64) and the query of every URL by pattern. */
export class Redactor {
  readonly #forms = new Set<string>();

  /** From now on `secret` is masked wherever it appears. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    this.#forms.add(secret);
    this.#forms.add(encodeURIComponent(secret));
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    for (const encoding of ['base64', 'base64url'] as const) {
      this.#forms.add(Buffer.from(secret).toString(encoding).replace(/=+$/, ''));
    }
  }

  /** True for a text that holds a secret. */
  knows(text: string): boolean {
    return [...this.#forms].some((form) => text.includes(form));
  }

  mask(text: string): string {
    let masked = text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?#"'<>]*)\?[^\s"'<>]*/gi, `$1?${MASK}`);
    // Longest first: a secret may contain another one.
    for (const form of [...this.#forms].sort((a, b) => b.length - a.length)) {
      masked = masked.replaceAll(form, MASK);
    }
    return masked;
  }
}
