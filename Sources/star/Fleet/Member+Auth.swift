import Auth
import Contracts
import Endpoints
import Foundation
import Hosting
import Passwords
import Tokens

extension Member {
    static let auth = Member(contract: AuthContract.description, port: 5040) { host, settings in
        let data = host.family.dataDirectory
        let key = try SigningKey.loadOrCreate(at: data.appendingPathComponent("auth-key.json").path)
        let keys = KeySet([key.publicKey])
        let issuer = TokenIssuer(
            key: key, issuer: settings.issuer, audience: settings.audience, lifetime: settings.tokenLifetime)
        let service = AuthService(
            executor: host.executor, issuer: issuer, publicKeys: keys, users: FileUserStore.standard(in: data),
            passwords: PasswordHasher(), guestPermissions: settings.guestPermissions)
        let verifier = AccessTokenVerifier(issuer: settings.issuer, audience: settings.audience, source: keys)
        verifier.replaceKeys(keys)
        return Built(service: service, verifier: verifier)
    }
}

extension FileUserStore {
    static func standard(in directory: URL) -> FileUserStore {
        FileUserStore(directory.appendingPathComponent("users.json"))
    }
}
