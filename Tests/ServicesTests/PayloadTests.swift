import Contracts
import Endpoints
import Foundation
import JOSE
import JSON
import RPC
import Testing
import Tokens
import Trust

@Suite("Payloads and their schemas")
struct PayloadTests {
    /// A payload type, with what is needed to hold it against its schema.
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        let schema: Schema
        let roundTrip: @Sendable (JSONValue) throws -> JSONValue

        init<P: Payload>(_ type: P.Type) {
            name = String(describing: type)
            schema = P.schema
            roundTrip = { json in
                let payload = try JSONDecoder().decode(P.self, from: json.json())
                return try JSONValue(json: JSONEncoder().encode(payload))
            }
        }

        var testDescription: String { name }
        var example: JSONObject { schema.example?.members ?? [:] }
    }

    static let subjects = [
        Subject(Empty.self), Subject(Smoke.self), Subject(Credentials.self), Subject(TokenGrant.self),
        Subject(PermissionQuestion.self), Subject(RefreshRequest.self), Subject(RevocationRequest.self),
        Subject(IntrospectionRequest.self), Subject(Introspection.self), Subject(Identity.self),
        Subject(TokenRequest.self), Subject(TokenResponse.self), Subject(TokenQuestion.self), Subject(NewClient.self),
        Subject(ClientID.self),
        Subject(ClientSecret.self), Subject(ClientPage.self), Subject(AuthMetadata.self), Subject(NewUser.self),
        Subject(UserName.self), Subject(UserProfile.self),
        Subject(PageRequest.self), Subject(UserPage.self), Subject(PasswordChange.self),
        Subject(PermissionChange.self), Subject(RoleList.self), Subject(JWKSet.self),
        Subject(TrustUpdatesRequest.self), Subject(TrustUpdates.self), Subject(CurrentTime.self),
        Subject(EpochTime.self),
        Subject(WebAppContract.Clock.self), Subject(WebAppContract.Session.self),
        Subject(WebAppContract.ServiceStates.self), Subject(WebAppContract.RecentCalls.self),
        Subject(WebAppContract.WireComparison.self),
        Subject(BoilerplateContract.Person.self), Subject(BoilerplateContract.Greeting.self),
        Subject(Health.self),
    ]

    @Test("every payload of every contract is looked at here")
    func complete() {
        let contracts = [
            AuthContract.description, ResourceContract.description, WebAppContract.description,
            BoilerplateContract.description,
            HealthContract.description,
        ]
        let used = Set(contracts.flatMap(\.endpoints).flatMap { [$0.inputName, $0.outputName].compactMap(\.self) })
        #expect(used == Set(Self.subjects.map(\.name)))
    }

    @Test("the example keeps the schema, and Codable writes what it read", arguments: subjects)
    func example(subject: Subject) throws {
        let example = JSONValue.object(subject.example)
        #expect(subject.schema.faults(of: example) == [])
        #expect(try subject.roundTrip(example) == example)
    }

    @Test("Codable needs the fields that the schema requires, and no others", arguments: subjects)
    func required(subject: Subject) throws {
        for field in subject.schema.fields {
            var members = subject.example
            members[field.name] = nil
            if field.isRequired {
                #expect(throws: (any Error).self, "\(field.name)") { try subject.roundTrip(.object(members)) }
            } else {
                #expect(try subject.roundTrip(.object(members)) == .object(members), "\(field.name)")
            }
        }
    }

    @Test("what is of another kind, the schema refuses and Codable too", arguments: subjects)
    func kinds(subject: Subject) throws {
        for field in subject.schema.fields {
            var members = subject.example
            members[field.name] = [["another": "kind"]]
            if case .array = field.schema.kind { members[field.name] = "another kind" }
            #expect(
                subject.schema.faults(of: .object(members)).map(\.pointer).contains { $0.hasPrefix("/" + field.name) })
            #expect(throws: (any Error).self, "\(field.name)") { try subject.roundTrip(.object(members)) }
        }
    }
}
