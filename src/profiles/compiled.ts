/**
 * Built-in profiles as JSON, read and checked when the program was built: five files of YAML cost more than all else
 * that a short command does. Empty here, filled in by scripts/bundle.mjs.
 */
export const compiled: Readonly<Record<string, string>> = {};
