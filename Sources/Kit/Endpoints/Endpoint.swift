/// A description of something a service answers: a value, with no handler and no I/O.
///
/// It is written once, in a ``Contract``, and read by all that follows from it: the fronts that listen for it, the
/// clients that call it, and the documents that describe it.
///
/// ```swift
/// public static let greet = Endpoint<Person, Greeting>(
///     "greet", .get, "/api/v1/greeting/{name}", access: .permission("greet"), summary: "Greets a person by name.")
/// ```
///
/// Over ZeroMQ every field of the input travels in the JSON body. Over HTTP, fields named in the path template travel
/// in the path; of the others, those of a GET or DELETE travel in the query, those of a POST, PUT or PATCH in the JSON
/// body.
public struct Endpoint<Input: Payload, Output: Payload>: Sendable {
    /// All of the endpoint except the Swift types of its payloads.
    public let description: EndpointDescriptor

    /// - Parameters:
    ///   - name: `^[a-z0-9_]{1,64}$`, unique in its contract. On the wire of ZeroMQ it follows the contract's name and a dot.
    ///   - method: the HTTP method.
    ///   - path: the HTTP path template. Each `{field}` in it names a field of the input.
    ///   - aliases: further paths that answer the same.
    ///   - status: the HTTP status of a success.
    ///   - envelope: whether REST wraps the output in `{"data": …}`; never if it is ``Bytes``.
    ///   - cache: the time for which a client may cache a success over HTTP; not at all by default.
    ///   - acceptsForms: whether HTTP takes the body as a form as well, as the RFCs of OAuth have it. Its texts are read as
    ///     those of a query are.
    ///   - oauth: whether it is an endpoint of OAuth: over HTTP it takes forms and clients' secrets, wraps nothing, and has the
    ///     errors of RFC 6749, section 5.2. Its problems are of kinds whose codes that section defines.
    ///   - access: who may call. There is no default, so that an unguarded endpoint cannot be written by forgetting.
    ///   - idempotent: whether a call may be sent twice with the effect of one. By default what HTTP says of the method
    ///     (RFC 9110, section 9.2.2).
    ///   - deadline: the time a call has if its caller named none.
    ///   - published: true if the output is published as events, too, on the topic that has the endpoint's qualified name.
    ///   - eventStream: the path of a page that sends the output as server-sent events (HTML, section 9.2), anew whenever it
    ///     changes. Documents describe it; the service serves the page.
    ///   - problems: the kinds of problem that its handler refuses a call with, beside those that follow from the rest of
    ///     the description. Documents list them.
    ///   - summary: one sentence for people.
    public init(
        _ name: String,
        _ method: HTTPMethod,
        _ path: PathTemplate,
        aliases: [PathTemplate] = [],
        status: Int = 200,
        envelope: Bool = true,
        cache: Duration? = nil,
        acceptsForms: Bool = false,
        oauth: Bool = false,
        access: Access,
        idempotent: Bool? = nil,
        deadline: Duration = .seconds(1),
        published: Bool = false,
        eventStream: PathTemplate? = nil,
        problems: [Problem.Kind] = [],
        summary: String
    ) {
        description = EndpointDescriptor(
            name: name,
            http: HTTPBinding(
                method: method, paths: [path] + aliases, status: status,
                envelope: envelope && !oauth && Output.self != Bytes.self, cache: cache,
                acceptsForms: acceptsForms || oauth, oauth: oauth),
            access: access,
            isIdempotent: idempotent ?? method.isIdempotent,
            deadline: deadline,
            isPublished: published,
            eventStream: eventStream,
            problems: problems,
            summary: summary,
            input: .of(Input.self),
            inputName: String(describing: Input.self),
            output: .of(Output.self),
            outputName: String(describing: Output.self))
    }
}

/// An ``Endpoint`` without its Swift types: what a list of endpoints holds, and what a document is drawn from.
public struct EndpointDescriptor: Sendable {
    /// Unique within the contract.
    public let name: String
    /// The form over HTTP: method, paths, status.
    public let http: HTTPBinding
    /// The rule of who may call it.
    public let access: Access
    /// True if a call may be sent twice with the effect of one, and so be repeated by a client.
    public let isIdempotent: Bool
    /// The time a call has if its caller named none.
    public let deadline: Duration
    /// True if the output is published as events, too. It is no part of what a client relies on.
    public var isPublished = false
    /// The path of a page that sends the output as server-sent events; `nil` if there is none. It is no part of what a client
    /// relies on.
    public var eventStream: PathTemplate?
    /// The problems with which its handler refuses a call, beside what follows from the rest of the description.
    public let problems: [Problem.Kind]
    /// One sentence for people.
    public let summary: String
    /// The form of the input.
    public let input: Schema
    /// The name of the input's Swift type, if it is known.
    public let inputName: String?
    /// The form of the output.
    public let output: Schema
    /// The name of the output's Swift type, if it is known.
    public let outputName: String?

    /// True if a token that is sent matters: an open endpoint that may refuse a token reads it.
    public var readsToken: Bool { access != .open || problems.contains(.tokenInvalid) }
}

/// The input or output of an endpoint: a `Codable` struct, and the schema that says what its JSON looks like; or ``Bytes``.
///
/// The schema validates an input on every front before it is decoded, and it is what the documents show.
public protocol Payload: Codable, Sendable {
    static var schema: Schema { get }
}

/// The payload of an endpoint that takes nothing, or has nothing to say. As JSON it is `{}`.
public struct Empty: Payload, Equatable {
    public static let schema = Schema.object()

    public init() {}
}

/// The form of an endpoint over HTTP.
public struct HTTPBinding: Sendable {
    /// The HTTP method.
    public let method: HTTPMethod
    /// The path, then its aliases.
    public let paths: [PathTemplate]
    /// The status of a success.
    public let status: Int
    /// True if a success is wrapped in `{"data": …}`.
    public let envelope: Bool
    /// The time for which a client may cache a success, in whole seconds (`Cache-Control: max-age`); `nil` for not
    /// at all (`no-store`).
    public let cache: Duration?
    /// True if the body may be a form (`application/x-www-form-urlencoded`) as well, as the RFCs of OAuth have it.
    public let acceptsForms: Bool
    /// True if errors are those of OAuth (RFC 6749, section 5.2), and the head may hold a client's secret (section
    /// 2.3.1), which travels as the fields `client_id` and `client_secret` of the input.
    public let oauth: Bool

    /// The path that documents show and clients call.
    public var path: PathTemplate { paths[0] }
}

/// The HTTP methods an endpoint can have (RFC 9110, section 9; RFC 5789).
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// RFC 9110, section 9.2.2.
    public var isIdempotent: Bool { self != .post && self != .patch }

    /// True if input fields that are not in the path travel in a JSON body; otherwise they travel in the query.
    public var hasBody: Bool { self != .get && self != .delete }
}

/// The rule of who may call an endpoint. It is checked by the dispatcher, before the input is decoded and on every
/// front alike.
public enum Access: Sendable, Hashable {
    /// Every caller, without a token. A token that is sent all the same is ignored.
    case open
    /// Every caller with a valid token.
    case token
    /// Every caller with a valid token that grants this permission.
    ///
    /// The service checks it by itself: a revocation takes effect within a second, or once the issuer is reachable again.
    /// With `introspect: true` each call is confirmed by the issuer, within the call's time: for irreversible operations.
    case permission(String, introspect: Bool = false)

    /// The permission to confirm at the issuer on every call; `nil` if none.
    public var introspectedPermission: String? {
        if case .permission(let permission, introspect: true) = self { permission } else { nil }
    }

    /// The header field of HTTP that holds a caller's token, and takes precedence over `Authorization`. S1 has it in lower case.
    package static let tokenHeader = "X-Token"
}

/// The path of an endpoint, such as `/api/v1/greeting/{name}`. The same value matches requests and prints them.
///
/// A last slash makes no difference: `/smoke` and `/smoke/` are one path.
public struct PathTemplate: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// One part of a path, between two slashes.
    public enum Segment: Sendable, Hashable {
        case literal(String)
        /// A part that carries the input field of this name.
        case field(String)
    }

    /// The parts between the slashes, in their order.
    public let segments: [Segment]
    /// The fault of the template, such as “does not begin with /”; `nil` if it can be served.
    package let fault: String?

    /// The template that a text says: `{name}` between two slashes is a field. One with a fault stops the start of its service.
    public init(_ template: String) {
        fault = Self.fault(of: template)
        segments = Self.split(template).map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .field(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The names of the input fields that travel in the path.
    public var fields: [String] {
        segments.compactMap { if case .field(let name) = $0 { name } else { nil } }
    }

    /// The template as it was written, without a last slash.
    public var description: String {
        "/" + segments.map { if case .field(let name) = $0 { "{\(name)}" } else { $0.text } }.joined(separator: "/")
    }

    /// The template with all field names left out: two templates of one shape would answer the same requests.
    package var shape: String {
        "/" + segments.map { if case .field = $0 { "{}" } else { $0.text } }.joined(separator: "/")
    }

    /// Reads a request's path.
    ///
    /// - Parameter path: the path as it was sent, percent-encoded, without the query.
    /// - Returns: the decoded text of each field, or `nil` if the path is another one or badly encoded.
    public func match(_ path: some StringProtocol) -> [String: String]? {
        let parts = Self.split(path)
        guard path.utf8.first == UInt8(ascii: "/"), parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text):
                guard text == part else { return nil }
            case .field(let name):
                guard let value = PercentEncoding.decode(part), !value.isEmpty else { return nil }
                values[name] = value
            }
        }
        return values
    }

    /// Writes a request's path.
    ///
    /// - Parameter value: gives the text of a field.
    /// - Returns: the percent-encoded path, or `nil` if a field has no text.
    public func path(_ value: (String) -> String?) -> String? {
        var path = ""
        for segment in segments {
            switch segment {
            case .literal(let text): path += "/" + text
            case .field(let name):
                guard let text = value(name), !text.isEmpty else { return nil }
                path += "/" + PercentEncoding.encode(text)
            }
        }
        return path.isEmpty ? "/" : path
    }

    private static func fault(of template: String) -> String? {
        guard template.hasPrefix("/") else { return "does not begin with /" }
        var names: Set<Substring> = []
        for part in split(template) {
            if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
                let name = part.dropFirst().dropLast()
                guard names.insert(name).inserted else { return "names {\(name)} twice" }
            } else if part.contains(where: { "{}".contains($0) }) {
                return "has braces that are not around a whole part"
            } else if let stray = part.unicodeScalars.first(where: { !isPlain($0) }) {
                return "has “\(stray)”, which a path does not have unless it is percent-encoded"
            }
        }
        return nil
    }

    /// RFC 3986, section 3.3, without `%`: requests are compared as they were sent.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: "-._~!$&'()*+,;=:@".unicodeScalars.contains(scalar)
        }
    }

    private static func split<Text: StringProtocol>(_ path: Text) -> [Text.SubSequence] {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.last?.isEmpty == true { parts.removeLast() }
        return Array(parts)
    }
}

extension PathTemplate.Segment {
    fileprivate var text: String {
        switch self {
        case .literal(let text), .field(let text): text
        }
    }
}
