import AuthClient
import Hosting

@main
enum Greeter {
    static func main() async {
        await Application.main(
            ServiceModule(GreetingContract.self, port: 8080, settings: AuthClient.settings) { host in
                let auth = try await AuthClient(host)
                return ServiceComponents(GreetingService(), verifier: auth.verifier, background: [auth.run])
            }, socketFolder: ".star/run")
    }
}
