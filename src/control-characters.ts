/** Whether a text has a line break or another control character in it: a header has no place for them (RFC 9110, 5.5). */
export function hasControlCharacters(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}
