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

# The bridge is no plugin by itself: it becomes the library of every plugin in Python.
mkdir -p "$stage.new/lib/norn/bridges"
cp "$build/libnorn_python.so" "$stage.new/lib/norn/bridges/libnorn_python.so"
[ "$strip_libraries" != yes ] || strip --strip-unneeded "$stage.new/lib/norn/bridges/libnorn_python.so"

for folder in examples schemas systemd; do
  [ ! -d "$root/conf/$folder" ] || cp -R "$root/conf/$folder" "$stage.new/share/norn/$folder"
done
mkdir -p "$stage.new/share/norn/conf"
cp -R "$root/conf/templates" "$stage.new/share/norn/templates"

# What authors of components build against: headers and bindings, and the kit for Swift as sources.
kit="$stage.new/share/norn/kit"
mkdir -p "$kit/include" "$kit/rust" "$kit/norn-kit/Sources/NornABI"
cp "$root/Sources/NornABI/include/norn.h" "$root/Sources/NornABI/cxx/norn.hpp" "$kit/include/"
cp "$root/Sources/NornABI/rust/norn_abi.rs" "$kit/rust/"
cp "$root/conf/plugin.map" "$kit/plugin.map"
cp "$root/conf/kit/Package.swift" "$kit/norn-kit/Package.swift"
cp -R "$root/Sources/NornABI/include" "$root/Sources/NornABI/norn.c" "$kit/norn-kit/Sources/NornABI/"
cp -R "$root/Sources/NornKit" "$kit/norn-kit/Sources/NornKit"
[ ! -f "$root/conf/site.yaml" ] || cp "$root/conf/site.yaml" "$stage.new/share/norn/conf/site.yaml"

rm -rf "$stage"
mkdir -p "$(dirname "$stage")"
mv "$stage.new" "$stage"
