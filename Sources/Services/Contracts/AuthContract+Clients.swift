public import Endpoints

// OAuth clients: programs that act for themselves, with an id and a secret. Who may change users may change them. Their
// accounts are called `client:ID`, and by that name they are locked, and given other permissions, like users.
extension AuthContract {
    /// Adds a client with no more permissions than the caller has, and returns its secret, once. A retry after a lost reply
    /// throws ``Problem/Kind/conflict``; ``rotateClient`` makes another secret.
    public static let addClient = Endpoint<NewClient, ClientSecret>(
        "add_client", .post, "/api/v1/auth/clients", status: 201,
        access: .permission(Permission.users, introspect: true),
        problems: [.permissionDenied, .conflict, .storeUnavailable],
        summary: "Adds an OAuth client, who may do no more than whoever adds it, and makes its secret.")
    /// Returns the clients by id, 50 at a time by default.
    public static let listClients = Endpoint<PageRequest, ClientPage>(
        "list_clients", .get, "/api/v1/auth/clients", access: .permission(Permission.users),
        problems: [.permissionDenied, .storeUnavailable], summary: "Lists the OAuth clients by id, page by page.")
    /// Makes another secret for a client, ends the old one and revokes its tokens. A retry is safe, and makes another one.
    public static let rotateClient = Endpoint<ClientID, ClientSecret>(
        "rotate_client", .post, "/api/v1/auth/clients/{client}/secret",
        access: .permission(Permission.users, introspect: true),
        problems: [.permissionDenied, .notFound, .storeUnavailable],
        summary: "Makes another secret for an OAuth client. The old one is good no more, and the client's tokens end.")
    /// Removes a client and revokes its tokens. A retry after a lost reply throws ``Problem/Kind/notFound``.
    public static let removeClient = Endpoint<ClientID, Empty>(
        "remove_client", .delete, "/api/v1/auth/clients/{client}",
        access: .permission(Permission.users, introspect: true),
        problems: [.permissionDenied, .notFound, .conflict, .storeUnavailable],
        summary: "Removes an OAuth client, and ends its tokens.")
}

/// A client to be added.
public struct NewClient: Payload, Equatable {
    public static let schema = Schema.object(
        .required("client", .clientID, "The id: a-z and 0-9 at its beginning, then . _ - as well."),
        .optional("permissions", .permissions, "What the client may do."),
        .optional("roles", .roles, "The client's roles, which permit more."))

    public let client: String
    public let permissions: [String]?
    public let roles: [String]?

    public init(client: String, permissions: [String]? = nil, roles: [String]? = nil) {
        self.client = client
        self.permissions = permissions
        self.roles = roles
    }
}

/// A client by its id.
public struct ClientID: Payload, Equatable {
    public static let schema = Schema.object(
        .required("client", .string(length: 1...64, example: "reports"), "The client's id."))

    public let client: String

    public init(_ client: String) {
        self.client = client
    }
}

/// A client and its secret, which is returned once: auth keeps its hash.
public struct ClientSecret: Payload, Equatable {
    public static let schema = Schema.object(
        .required("client", .clientID, "The client's id."),
        .required(
            "secret", .string(example: "2kZ8d1yq0H6oV5n3cJ4uWl7sTe9xQbRmAgFpKiLzXvY"),
            "The client's secret. Keep it: it is not shown again."))

    public let client: String
    public let secret: String

    public init(client: String, secret: String) {
        self.client = client
        self.secret = secret
    }
}

/// A client as those who administer it see it.
public struct ClientProfile: Payload, Equatable {
    public static let schema = Schema.object(
        .required("client", .clientID, "The client's id."),
        .required("permissions", .permissions, "What the client may do without its roles, in order."),
        .required("roles", .roles, "The client's roles, in order."),
        .required("locked", .boolean(example: false), "Whether its secret is not accepted for now."),
        .required("created", .moment, "When the client was added."),
        .required("changed", .moment, "When secret, permissions, roles or lock were last changed."))

    public let client: String
    public let permissions: [String]
    public let roles: [String]
    public let locked: Bool
    public let created: String
    public let changed: String

    public init(
        client: String, permissions: [String], roles: [String], locked: Bool, created: String, changed: String
    ) {
        self.client = client
        self.permissions = permissions
        self.roles = roles
        self.locked = locked
        self.created = created
        self.changed = changed
    }
}

/// A page of clients.
public struct ClientPage: Payload, Equatable {
    public static let schema = Schema.object(
        .required("clients", .array(of: .payload(ClientProfile.self)), "By id."),
        .optional("next", .string(example: "reports"), "Where the next page begins; not there on the last one."))

    public let clients: [ClientProfile]
    public let next: String?

    public init(clients: [ClientProfile], next: String?) {
        self.clients = clients
        self.next = next
    }
}

extension Schema {
    package static let clientID = Schema.string(length: 1...64, pattern: "[a-z0-9][a-z0-9._-]*", example: "reports")
}
