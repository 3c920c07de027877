import Endpoints

extension Application {
    /// The version of the kit.
    public static let kitVersion = "0.1.0"

    /// The lines that a program prints for `--version`: its services with the versions of their contracts, and the kit's.
    static func version(of modules: [ServiceModule]) -> String {
        let services = modules.map { "\($0.contract.name) \($0.contract.version)" }
        return (services + ["Starmicroservices \(kitVersion)"]).joined(separator: "\n")
    }
}
