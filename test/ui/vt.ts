const ESC = '\u001B';

/** A sequence with its parameters and final letter, a line's end, text, or an escape that begins no sequence. */
const TOKENS = new RegExp(`${ESC}\\[([?\\d;]*)([A-Za-z])|\\n|[^${ESC}\\n]+|${ESC}`, 'g');

/**
 * What a terminal shows after `output`: its lines, without trailing spaces. Knows the sequences that ora,
 * cli-progress and node:readline write, and throws on any other, so that nothing else can slip through.
 */
export function screenAfter(output: string): string[] {
  const lines: string[] = [''];
  let x = 0;
  let y = 0;
  const put = (text: string): void => {
    const line = (lines[y] ?? '').padEnd(x);
    lines[y] = line.slice(0, x) + text + line.slice(x + text.length);
    x += text.length;
  };
  for (const [token, parameters, final] of output.matchAll(TOKENS)) {
    const count = Number(parameters ?? '') || 1;
    if (token === '\n') {
      y += 1;
      x = 0;
      lines[y] ??= '';
    } else if (final === undefined) {
      if (/\p{Cc}/u.test(token))
        throw new Error(`a control character reached the terminal: ${JSON.stringify(token)}`);
      put(token);
    } else if (final === 'A') y = Math.max(0, y - count);
    else if (final === 'B') y += count;
    else if (final === 'G') x = count - 1;
    else if (final === 'K') lines[y] = parameters === '2' ? '' : (lines[y] ?? '').slice(0, x);
    else if (final === 'J') {
      lines[y] = (lines[y] ?? '').slice(0, x);
      lines.length = y + 1;
    } else if (
      !((final === 'h' || final === 'l') && /^\?(?:25|2026)$/.test(parameters ?? '')) &&
      final !== 'm'
    ) {
      throw new Error(`an unknown sequence reached the terminal: ${JSON.stringify(token)}`);
    }
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}
