/** The files of a configuration, in the order of precedence. */
type Files = readonly { readonly path: string }[];

/** Complaints as somebody reads them who mends the files: file by file, from top to bottom; then those about none. */
export function topToBottom<Complaint extends { readonly message: string }>(
  complaints: readonly Complaint[],
  files: Files,
): Complaint[] {
  return complaints
    .map((complaint) => ({ complaint, ...positionOf(complaint.message, files) }))
    .sort((a, b) => a.file - b.file || a.line - b.line)
    .map(({ complaint }) => complaint);
}

/** Where a message says that something stands: it begins as `place` has written it. */
function positionOf(message: string, files: Files): { file: number; line: number } {
  const file = files.findIndex(({ path }) => message.startsWith(`${path}:`));
  const path = files[file]?.path;
  if (path === undefined) return { file: files.length, line: 0 };
  const line = /^\d+(?=:)/.exec(message.slice(path.length + 1))?.[0];
  return { file, line: Number(line ?? 0) };
}
