internal import CSodium

/// Prepares libsodium, which its manual asks for before any other call: it chooses the fastest code for this processor, once.
enum SodiumLibrary {
    private static let isReady = sodium_init() >= 0

    static func prepare() { _ = isReady }
}
