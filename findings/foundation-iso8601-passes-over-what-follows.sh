#!/usr/bin/env bash
# Foundation of Swift 6.3 (Linux): a date of ISO 8601 may have anything behind it, and be on a day that there is not.
#
# Expected: JSONDecoder with .iso8601, and Date.ISO8601FormatStyle, refuse a text that is no date. Valid offsets of RFC 3339
# are read.
#
# Seen: what follows a date that is understood is passed over, also by JSONDecoder and ISO8601DateFormatter; a part of an
# offset counts as a whole one; the 30th of February is the 2nd of March. An offset of -23:59, which RFC 3339 allows, is refused.
#
#   2019-11-25T06:06:37Z        2019-11-25 06:06:37 +0000
#   2019-11-25T06:06:37Z; drop  2019-11-25 06:06:37 +0000
#   2019-11-25T06:06:37+01:0x   2019-11-25 05:06:37 +0000
#   2019-02-30T06:06:37Z        2019-03-02 06:06:37 +0000
#   2019-11-25T06:06:37-23:59   refused
#
# Matters to: services that decode dates and take that for a check of them, as with Vapor and Hummingbird, whose default is
# .iso8601: a text that other languages refuse passes, and is somewhere else than its writer meant.
#
# Needs: Swift 6.3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > program.swift <<'SWIFT'
import Foundation
let decoder = JSONDecoder()
decoder.dateDecodingStrategy = .iso8601
for text in CommandLine.arguments.dropFirst() {
    let dates = try? decoder.decode([Date].self, from: Data("[\"\(text)\"]".utf8))
    print(text.padding(toLength: 27, withPad: " ", startingAt: 0), dates.map { "\($0[0])" } ?? "refused")
}
SWIFT
swiftc program.swift -o program
./program 2019-11-25T06:06:37{'Z','Z; drop','+01:0x'} 2019-02-30T06:06:37Z 2019-11-25T06:06:37-23:59 | tee seen
[ "$(grep -c 'Z; drop *2019-11-25 06:06:37' seen)" = 1 ] && [ "$(grep -c '2019-03-02' seen)" = 1 ] &&
    [ "$(grep -c ':0x *2019-11-25 05:06:37' seen)" = 1 ] && [ "$(grep -c refused seen)" = 1 ]
