#!/usr/bin/env bash
# Foundation of Swift 6.3 (Linux): dates of ISO 8601 before October 1582 are read and written by the Julian calendar.
#
# Expected: the Gregorian calendar at all times, as ISO 8601 and RFC 3339 have it, and as Go, .NET, Java and Python calculate.
#
# Seen, the seconds since 1970 of a text, by JSONDecoder with .iso8601 and by Python:
#
#                         Foundation    Python
#   0001-01-01T00:00:00Z  -62135769600  -62135596800
#   1066-10-14T00:00:00Z  -28502236800  -28502755200
#   1582-10-10T00:00:00Z  -12218860800  -12219724800
#   1582-10-15T00:00:00Z  -12219292800  -12219292800
#
# Matters to: services that exchange times with programs in Go or .NET, which write 0001-01-01T00:00:00Z for a time that was
# not set. In Swift it is two days before that, and no comparison with it holds. 1582-10-10 and 1582-10-20 are one instant.
#
# Needs: Swift 6.3, Python 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > program.swift <<'SWIFT'
import Foundation
let decoder = JSONDecoder()
decoder.dateDecodingStrategy = .iso8601
for text in CommandLine.arguments.dropFirst() {
    let dates = try decoder.decode([Date].self, from: Data("[\"\(text)\"]".utf8))
    print(text, Int(dates[0].timeIntervalSince1970))
}
SWIFT
swiftc program.swift -o program
texts=({0001-01-01,1066-10-14,1582-10-10,1582-10-15}T00:00:00Z)
./program "${texts[@]}" | tee swift
python3 - "${texts[@]}" <<'PYTHON' | tee python
import datetime, sys
for text in sys.argv[1:]:
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    print(text, (time - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(seconds=1))
PYTHON
[ "$(comm -3 <(sort swift) <(sort python) | wc -l)" = 6 ] && grep -q '^0001-.* -62135769600$' swift
