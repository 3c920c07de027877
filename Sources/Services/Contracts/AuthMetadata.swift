public import Endpoints

/// The endpoints of this server (RFC 8414, section 2). Its clients require an issuer that is the server's https URL: for
/// them `AUTH_PUBLIC_URL` and `TOKEN_ISSUER` are that.
public struct AuthMetadata: Payload, Equatable {
    private static let base = "http://127.0.0.1:5040"
    private static let methods = Schema.array(of: .string(example: "client_secret_basic"))
    public static let schema = Schema.object(
        .required("issuer", .string(example: "starmicroservices-auth"), "What tokens carry in `iss`."),
        .required("jwks_uri", .uri(base + "/.well-known/jwks.json"), "The keys that verify tokens."),
        .required("token_endpoint", .uri(base + "/oauth/token"), "Makes tokens."),
        .required(
            "refresh_endpoint", .uri(base + "/api/v1/auth/refresh"), "Makes tokens for a refresh token, in JSON."),
        .required("revocation_endpoint", .uri(base + "/oauth/revoke"), "Ends tokens (RFC 7009)."),
        .required(
            "introspection_endpoint", .uri(base + "/oauth/introspect"),
            "Judges tokens (RFC 7662), for clients and bearers who hold the permission `introspect`."),
        .required("service_documentation", .uri(base + "/docs"), "For people."),
        .required("scopes_supported", .array(of: .string(example: "time")), "All permissions that there are."),
        .required("grant_types_supported", .array(of: .string(example: "password")), "What tokens are made for."),
        .required(
            "response_types_supported", .array(of: .string(example: "none")),
            "None: there is no endpoint for authorization in a browser."),
        .required(
            "id_token_signing_alg_values_supported", .array(of: .string(example: "EdDSA")),
            "How tokens are signed: clients of OpenID Connect take RS256 for granted without. No ID tokens are made."),
        .required(
            "subject_types_supported", .array(of: .string(example: "public")),
            "Public: `sub` is the same for everybody (OpenID Connect Core 1.0, section 8)."),
        .required("token_endpoint_auth_methods_supported", methods, "How a client shows its secret; others need none."),
        .required(
            "revocation_endpoint_auth_methods_supported", methods, "How a client shows its secret; others need none."),
        .required(
            "introspection_endpoint_auth_methods_supported", methods,
            "How a client shows its secret; others show a token."))

    public let issuer: String
    public let jwksURI: String
    public let tokenEndpoint: String
    public let refreshEndpoint: String
    public let revocationEndpoint: String
    public let introspectionEndpoint: String
    public let serviceDocumentation: String
    public let scopes: [String]
    public let grantTypes: [String]
    public var responseTypes = ["none"]
    public var signingAlgorithms = ["EdDSA"]
    public var subjectTypes = ["public"]
    public var tokenAuthMethods = ["client_secret_basic", "client_secret_post", "none"]
    public var revocationAuthMethods = ["client_secret_basic", "client_secret_post", "none"]
    public var introspectionAuthMethods = ["client_secret_basic", "client_secret_post", "Bearer"]

    /// - Parameters:
    ///   - url: how the world reaches auth, without a last slash.
    ///   - scopes: all permissions that there are.
    ///   - takesPasswords: whether a user's password is a grant.
    public init(issuer: String, url: String, scopes: Set<String>, takesPasswords: Bool) {
        func at(_ endpoint: EndpointDescriptor) -> String { url + endpoint.http.path.description }
        self.issuer = issuer
        jwksURI = at(AuthContract.keys.description)
        tokenEndpoint = at(AuthContract.token.description)
        refreshEndpoint = at(AuthContract.refresh.description)
        revocationEndpoint = at(AuthContract.revokeToken.description)
        introspectionEndpoint = at(AuthContract.introspectToken.description)
        serviceDocumentation = url + "/docs"
        self.scopes = scopes.sorted()
        grantTypes = ["client_credentials", "refresh_token"] + (takesPasswords ? ["password"] : [])
    }

    enum CodingKeys: String, CodingKey {
        case issuer
        case jwksURI = "jwks_uri"
        case tokenEndpoint = "token_endpoint"
        case refreshEndpoint = "refresh_endpoint"
        case revocationEndpoint = "revocation_endpoint"
        case introspectionEndpoint = "introspection_endpoint"
        case serviceDocumentation = "service_documentation"
        case scopes = "scopes_supported"
        case grantTypes = "grant_types_supported"
        case responseTypes = "response_types_supported"
        case signingAlgorithms = "id_token_signing_alg_values_supported"
        case subjectTypes = "subject_types_supported"
        case tokenAuthMethods = "token_endpoint_auth_methods_supported"
        case revocationAuthMethods = "revocation_endpoint_auth_methods_supported"
        case introspectionAuthMethods = "introspection_endpoint_auth_methods_supported"
    }
}
