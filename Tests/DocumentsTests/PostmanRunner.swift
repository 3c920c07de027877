import AsyncHTTPClient
import Endpoints
import Foundation
import NIOCore
import NIOHTTP1

/// Plays a Postman collection: sends each request and each saved example's, and compares the answers with the examples.
/// Of scripts it knows one line: the one that keeps a token.
struct PostmanRunner {
    private(set) var variables: [String: String]
    /// How many requests were sent.
    private(set) var count = 0
    /// What did not fit, a sentence each.
    private(set) var faults: [String] = []
    /// Other statuses that requests of these names may be answered with.
    var excused: [String: Int] = [:]
    private var keepsToken = false

    init(environment: JSONValue, replacing values: [String: String]) {
        let pairs = environment["values"]?.list.compactMap { value in
            value["key"]?.string.flatMap { key in value["value"]?.string.map { (key, $0) } }
        }
        variables = Dictionary(pairs ?? []) { $1 }.merging(values) { $1 }
    }

    /// Shows this token from now on, whatever the collection gets.
    mutating func keep(token: String) {
        variables["token"] = token
        keepsToken = true
    }

    mutating func play(_ collection: JSONValue) async throws {
        for item in collection["item"]?.list ?? [] {
            let name = item["name"]?.string ?? ""
            let examples = item["response"]?.list ?? []
            guard let first = examples.first else {
                faults.append("\(name) has no example.")
                continue
            }
            let answer = try await send(item["request"], expecting: first, name)
            if !keepsToken, item.mentions(#"pm.environment.set("token""#) {
                variables["token"] = answer?["data"]?["token"]?.string
            }
            for example in examples {
                try await send(
                    example["originalRequest"], expecting: example, "\(name): \(example["name"]?.string ?? "")")
            }
        }
    }

    @discardableResult
    private mutating func send(
        _ saved: JSONValue?, expecting example: JSONValue, _ name: String
    ) async throws -> JSONValue? {
        let response = try await HTTPClient.shared.execute(request(saved), timeout: .seconds(20))
        let body = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        count += 1
        let status = example["code"]?.integer
        if excused[String(name.prefix { $0 != ":" })] == Int(response.status.code) { return nil }
        if status != Int(response.status.code) {
            faults.append("\(name): \(response.status) instead of \(status ?? 0)")
        }
        let type = example["header"]?.list.first?["value"]?.string
        if response.headers.first(name: "Content-Type") != type { faults.append("\(name): it is not \(type ?? "")") }
        return try? JSONValue(json: body)
    }

    private func request(_ saved: JSONValue?) -> HTTPClientRequest {
        var url = saved?["url"]?["raw"]?.string ?? ""
        for variable in saved?["url"]?["variable"]?.list ?? [] {
            url = url.replacingOccurrences(
                of: "/:\(variable["key"]?.string ?? "")", with: "/\(variable["value"]?.string ?? "")")
        }
        var request = HTTPClientRequest(url: resolved(url))
        request.method = HTTPMethod(rawValue: saved?["method"]?.string ?? "")
        for header in saved?["header"]?.list ?? [] {
            request.headers.add(name: header["key"]?.string ?? "", value: resolved(header["value"]?.string ?? ""))
        }
        if let body = saved?["body"]?["raw"]?.string { request.body = .bytes(ByteBuffer(string: resolved(body))) }
        return request
    }

    private func resolved(_ text: String) -> String {
        variables.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
    }
}

extension JSONValue {
    /// The elements of an array; none for anything else.
    var list: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// Whether some line of its scripts begins so.
    fileprivate func mentions(_ line: String) -> Bool {
        let lines = self["event"]?.list.flatMap { $0["script"]?["exec"]?.list ?? [] } ?? []
        return lines.contains { $0.string?.hasPrefix(line) == true }
    }
}
