/**
 * A file of this package by its path in it, such as `package.json`. To be used from here alone: this module lies one
 * folder deep as source, in the library and in the bundled program, others do not.
 */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
