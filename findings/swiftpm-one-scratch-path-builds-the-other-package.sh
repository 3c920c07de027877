#!/usr/bin/env bash
# SwiftPM of Swift 6.3.1 (Linux): in a scratch path that two packages share, “Build complete!” may be of the other one.
#
# Expected: swift build --package-path two --scratch-path S builds the package two, or says that S belongs to another. To
# share it looks useful if one package depends on the other by path: their common modules are compiled once.
#
# Seen: the plan of the last build lies in S, and a build begins by asking whether the files that this plan was made from have
# changed, not whether it is this package's. Right after the first build of package one it works by chance, because that
# question was never asked before. Once one was built twice, a build of two compiles nothing of two, says “Build complete!”,
# and ends with 0, however often it is repeated, until a file of one changes. --disable-build-manifest-caching, an option that
# --help does not list, makes a plan each time.
#
#   one built once, then two:         there is a program two
#   one built twice, then two:        Build complete!, and no program two
#   without the cache of the plan:    there is a program two
#
# Matters to: checks that build an example or a consumer package beside its library. They pass without having built it, or
# fail later at a program or test bundle that is not there.
#
# Needs: Swift 6.3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p one/Sources/Shared one/Sources/one two/Sources/two
cat > one/Package.swift <<'SWIFT'
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "one",
    products: [.library(name: "Shared", targets: ["Shared"])],
    targets: [.target(name: "Shared"), .executableTarget(name: "one", dependencies: ["Shared"])]
)
SWIFT
cat > two/Package.swift <<'SWIFT'
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "two",
    dependencies: [.package(path: "../one")],
    targets: [.executableTarget(name: "two", dependencies: [.product(name: "Shared", package: "one")])]
)
SWIFT
echo 'public let greeting = "hello"' > one/Sources/Shared/Shared.swift
printf 'import Shared\nprint(greeting)\n' | tee one/Sources/one/main.swift > two/Sources/two/main.swift

build() { timeout 600 swift build --package-path "$1" --scratch-path "$2" "${@:3}" > build.log 2>&1 || { cat build.log >&2; exit 2; }; }
there() { if [ -x "$1/debug/two" ]; then echo "there is a program two"; else echo "$(tail -n 1 build.log | sed 's/ (.*//'), and no program two"; fi; }

build one first
build two first
once=$(there first)
build one second
build one second
build two second
build two second
twice=$(there second)
build two second --disable-build-manifest-caching
uncached=$(there second)
printf '%s\n' "one built once, then two:         $once" "one built twice, then two:        $twice" \
    "without the cache of the plan:    $uncached" > seen
cat seen
diff - seen >&2 <<'TEXT' || { echo "CHANGED: each package is built as it is asked for." >&2; exit 1; }
one built once, then two:         there is a program two
one built twice, then two:        Build complete!, and no program two
without the cache of the plan:    there is a program two
TEXT
