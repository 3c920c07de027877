#!/usr/bin/env bash
# swift-configuration 1.4.0 (Swift 6.3.1, Linux): a .env file with Windows line ends is one long line, or nothing.
#
# Expected: EnvironmentVariablesProvider(environmentFilePath:) reads HOST=db from a file with LF or CR LF, as other
# readers of such files do; a file that it cannot read throws.
#
# Seen: to Swift "\r\n" is one Character, which is not equal to "\n", so splitting the text at "\n" finds no line end.
# If the first line is a setting, its value is the whole rest of the file, other settings and their secrets included.
# If the first line is a comment, all is comment: no setting, no error, and the program runs on its defaults.
# Lines are also taken literally where other readers understand more: "export HOST=db" sets nothing that can be read
# as host, and PORT="5432" has its quotes in it and is no number.
#
#   LF:                    host db, port 5432
#   CR LF:                 host db\r\nPORT=5432, port none
#   CR LF, comment first:  host none, port none
#   export and quotes:     host none, port none
#
# Matters to: services configured by a file that an editor on Windows, or a checkout with autocrlf, has touched.
# The first value is likely to be printed in an error message, with whatever stood below it.
#
# Needs: Swift 6.2 or newer. Building takes some minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p Sources/Read
cat > Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let package = Package(
    name: "Read",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: [])
    ],
    targets: [.executableTarget(name: "Read", dependencies: [configuration])]
)
SWIFT
cat > Sources/Read/main.swift <<'SWIFT'
import Configuration

for file in CommandLine.arguments.dropFirst() {
    let settings = ConfigReader(provider: try await EnvironmentVariablesProvider(environmentFilePath: .init(file)))
    let host = settings.string(forKey: "host")?.replacing("\r\n", with: "\\r\\n").replacing("\r", with: "\\r")
    print("host \(host ?? "none"), port \(settings.int(forKey: "port").map(String.init) ?? "none")")
}
SWIFT
timeout 1200 swift build > build.log 2>&1 || { cat build.log >&2; exit 2; }
printf 'HOST=db\nPORT=5432\n' > lf.env
printf 'HOST=db\r\nPORT=5432\r\n' > crlf.env
printf '# Where the database is\r\nHOST=db\r\nPORT=5432\r\n' > comment.env
printf 'export HOST=db\nPORT="5432"\n' > shell.env
timeout 30 "$(swift build --show-bin-path)/Read" lf.env crlf.env comment.env shell.env > seen
paste -d ' ' <(printf '%s\n' 'LF:                   ' 'CR LF:                ' 'CR LF, comment first: ' \
    'export and quotes:    ') seen
if ! diff - seen >&2 <<'TEXT'
host db, port 5432
host db\r\nPORT=5432, port none
host none, port none
host none, port none
TEXT
then
    echo "CHANGED: such files are read in another way." >&2
    exit 1
fi
