#!/bin/sh
# Lays a build out as an installed tree. Usage: stage.sh BUILD_FOLDER STAGE_FOLDER
# A plugin's manifest gets the digest of the library that it is staged with.
set -eu
build=$1
stage=$2
root=$(cd "$(dirname "$0")/.." && pwd)
strip_libraries=${STRIP:-no}

rm -rf "$stage.new"
mkdir -p "$stage.new/bin" "$stage.new/libexec/norn" "$stage.new/lib/norn/plugins" "$stage.new/share/norn"
cp "$build/norn" "$stage.new/bin/norn"
cp "$build/norn-worker" "$build/norn-check-rule" "$stage.new/libexec/norn/"
if [ "$strip_libraries" = yes ]; then
  strip "$stage.new/bin/norn" "$stage.new/libexec/norn/norn-worker" \
    "$stage.new/libexec/norn/norn-check-rule"
fi

for manifest in "$root"/Plugins/*/manifest.json "$root"/components/*/manifest.json; do
  id=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$manifest" | head -n 1)
  library=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' "$manifest" | head -n 1)
  [ -n "$id" ] && [ -n "$library" ] || continue
  folder="$stage.new/lib/norn/plugins/$id"
  mkdir -p "$folder"
  cp "$build/$library" "$folder/$library"
  [ "$strip_libraries" != yes ] || strip --strip-unneeded "$folder/$library"
  digest=$(sha256sum "$folder/$library" | cut -d' ' -f1)
  sed "s/\"sha256\": *\"[^\"]*\"/\"sha256\": \"$digest\"/" "$manifest" >"$folder/manifest.json"
  cases="${manifest%/*}/check.json"
  [ ! -f "$cases" ] || cp "$cases" "$folder/check.json"
done

for folder in examples schemas systemd; do
  [ ! -d "$root/conf/$folder" ] || cp -R "$root/conf/$folder" "$stage.new/share/norn/$folder"
done
mkdir -p "$stage.new/share/norn/conf"
[ ! -f "$root/conf/site.yaml" ] || cp "$root/conf/site.yaml" "$stage.new/share/norn/conf/site.yaml"

rm -rf "$stage"
mkdir -p "$(dirname "$stage")"
mv "$stage.new" "$stage"
