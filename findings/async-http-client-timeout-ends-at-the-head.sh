#!/usr/bin/env bash
# async-http-client 1.37.0 (Swift 6.3.1, Linux): the timeout of execute(_:timeout:) is over once the head is there.
#
# Expected: a request that "must complete" by its deadline, as the documentation of the parameter says, fails then, whether
# the server is slow with the head of its response or with the body. So does the older execute(request:deadline:).
#
# Seen: the deadline is given up as soon as the head has come. A server that then sends nothing more is waited for by
# body.collect(upTo:) without end, unless the client is configured with a read timeout, which none is by default. The task
# that waits must be cancelled from outside.
#
#   execute(_:timeout:):         status 200, body after 4 s: none
#   execute(request:deadline:):  deadlineExceeded
#
# Matters to: exporters, webhooks and health checks that trust the timeout of a call: one server, or balancer, that stops in
# the middle of a response keeps the task, and whatever waits for its end, such as a process that shuts down.
#
# Needs: Swift 6.2 or newer. Building takes some minutes.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p Sources/Wait
cat > Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

let client = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let package = Package(
    name: "Wait",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [.executableTarget(name: "Wait", dependencies: [client, nio])]
)
SWIFT
cat > Sources/Wait/main.swift <<'SWIFT'
import AsyncHTTPClient
import NIOCore

let url = "http://127.0.0.1:\(CommandLine.arguments[1])/"
let client = HTTPClient.shared

let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(1))
let body = Task { try await response.body.collect(upTo: 1024) }
let watch = Task {
    try await Task.sleep(for: .seconds(4))
    print("execute(_:timeout:):         status \(response.status.code), body after 4 s: none")
    body.cancel()
}
_ = try? await body.value
watch.cancel()

do {
    let answer = try await client.execute(request: .init(url: url), deadline: .now() + .seconds(1)).get()
    print("execute(request:deadline:):  status \(answer.status.code)")
} catch let error as HTTPClientError {
    print("execute(request:deadline:):  \(error == .deadlineExceeded ? "deadlineExceeded" : "\(error)")")
}
SWIFT
timeout 1200 swift build > build.log 2>&1 || { cat build.log >&2; exit 2; }
cat > server.py <<'PYTHON'
import asyncio

async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    await asyncio.sleep(60)

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
PYTHON
python3 server.py > port &
server=$!
for _ in {1..100}; do [[ -s port ]] && break; sleep 0.1; done
timeout 30 "$(swift build --show-bin-path)/Wait" "$(cat port)" > seen
cat seen
if ! diff - seen >&2 <<'TEXT'
execute(_:timeout:):         status 200, body after 4 s: none
execute(request:deadline:):  deadlineExceeded
TEXT
then
    echo "CHANGED: the timeout holds for the body, too." >&2
    exit 1
fi
