#!/usr/bin/env bash
# SwiftPM 6.3: a build folder whose files have lost the fractions of their seconds is built anew, in silence.
#
# Expected: what one layer of a container image has built, `swift build` in the next layer takes over: no file has changed.
#
# Seen: layers are archives in a format that keeps whole seconds (BuildKit and Docker's old builder alike), and SwiftPM knows an
# unchanged file by its time in nanoseconds. So each module of the layer below is compiled again. In an archive that keeps the
# nanoseconds (tar --format=posix) the same folder is taken over:
#
#   tar --format=gnu:   compiles again
#   tar --format=posix: takes it over
#
# Matters to: whoever builds a package's dependencies in a layer of their own, or keeps .build in a cache that is such an archive.
#
# Needs: Swift 6.3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p Sources/hello
echo 'print("hello")' >Sources/hello/main.swift
cat >Package.swift <<'END'
// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "hello", targets: [.executableTarget(name: "hello")])
END
swift build -c release >/dev/null 2>&1
seen=
for format in gnu posix; do
    tar --create --format="$format" --file build.tar .build Sources
    rm -r .build Sources
    tar --extract --file build.tar
    case $(swift build -c release 2>&1) in
        *Compiling*) found='compiles again' ;;
        *) found='takes it over' ;;
    esac
    echo "tar --format=$format: $found"
    seen+=$format:$found,
done
[[ $seen == 'gnu:compiles again,posix:takes it over,' ]]
