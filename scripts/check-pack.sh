#!/bin/sh
# Installs the packed tarball as a user would and runs it: what the tests cannot see is what was left out of it.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$work")
unexpected=$(tar -tzf "$work/$tarball" | grep -vE '^package/(bin/|dist/|profiles/|schema/|examples/|docs/|bench/README.md|package.json|README.md|LICENSE|CHANGELOG.md|\.exportpollrc\.example)' || true)
if [ -n "$unexpected" ]; then
  printf 'the tarball holds files that it should not:\n%s\n' "$unexpected" >&2
  exit 1
fi
tar -xzf "$work/$tarball" -C "$work"
missing=$(
  cd "$work/package"
  grep -oE '\]\([^)#:]+[)#]' README.md | sed 's/^](//; s/[)#]$//' | sort -u | while IFS= read -r path; do
    [ -e "$path" ] || printf '%s\n' "$path"
  done
)
if [ -n "$missing" ]; then
  printf 'the tarball lacks files that its README links:\n%s\n' "$missing" >&2
  exit 1
fi
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --prefer-offline "./$tarball"
npx --no-install exportpoll watch --sandbox --interval 500ms --quiet webadmit:86446/74780
npx --no-install exportpoll providers webadmit >/dev/null
node --input-type=module -e "import * as exportpoll from 'exportpoll'; if (Object.keys(exportpoll).length === 0) process.exit(1)"
echo 'the tarball installs and runs'
