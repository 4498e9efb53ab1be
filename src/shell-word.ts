/** A word of a command line to be pasted, as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w.,:/=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
