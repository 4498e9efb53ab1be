#!/bin/sh
# Watches one export of every provider against the built-in sandbox, as a person would, and leaves real files.
set -eu
cd "$(dirname "$0")/.."
out=demo-exports
rm -rf "$out"
for target in webadmit:86446/74780 mytracker-raw:4 mytracker-segment:1 personium:CellExport_2017_01 \
  rebilly:4f6cf35x-2c4y-483z-a0a9-158621f77a21; do
  printf '\n$ exportpoll watch --sandbox --interval 1s --output %s %s\n' "$out" "$target"
  node bin/exportpoll.js watch --sandbox --interval 1s --output "$out" "$target"
done
printf '\n$ ls -l %s\n' "$out"
ls -l "$out"
