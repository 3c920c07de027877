/// A variable that Kubernetes sets in every container for each Service of the namespace: of one that is called `cart-http`,
/// `CART_HTTP_PORT=tcp://10.96.0.17:80`. It is no setting, whatever its name.
enum ServiceLink {
    static func isOne(_ name: String, _ text: String) -> Bool {
        name.hasSuffix("_PORT") && text.wholeMatch(of: /(tcp|udp|sctp):\/\/.+:[0-9]+/) != nil
    }
}
