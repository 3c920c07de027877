import ZeroMQ

/// The settings of a service that publishes changes. Their names begin with the service's.
public enum EventSettings {
    /// Describes them.
    ///
    /// - Parameter service: the name of the service that publishes.
    public static func all(
        of service: String, socketFolder: String = Settings.defaultSocketFolder
    ) -> [SettingDescription] {
        [listen(service, in: socketFolder).description, address(of: service, socketFolder: socketFolder)]
    }

    /// The setting by which others find the changes of a service.
    public static func address(
        of service: String, socketFolder: String = Settings.defaultSocketFolder
    ) -> SettingDescription {
        address(service, in: socketFolder).description
    }

    /// The addresses at which the service publishes changes.
    static func listen(_ service: String, in folder: String) -> Setting<[Address]> {
        .addresses(
            listenName(of: service),
            "The address at which \(service) publishes changes, over ZeroMQ: ipc://path or tcp://host:port, with commas between.",
            default: socket(service, in: folder))
    }

    /// The addresses at which others subscribe to them.
    static func address(_ service: String, in folder: String) -> Setting<[Address]> {
        .addresses(
            addressName(of: service),
            "The addresses at which others receive the events of \(service), one of each replica, with commas between. "
                + "If it is empty, they ask four times a second.",
            default: socket(service, in: folder))
    }

    static func listenName(of service: String) -> String { service.uppercased() + "_EVENTS_LISTEN" }
    static func addressName(of service: String) -> String { service.uppercased() + "_EVENTS_URL" }

    private static func socket(_ service: String, in folder: String) -> String {
        "ipc://\(folder)/\(service)-events.sock"
    }
}

extension Setting where Value == [Address] {
    /// Addresses with commas between.
    static func addresses(_ name: String, _ summary: String, default defaultValue: String) -> Setting {
        Setting(name, summary, default: defaultValue) { text throws(SettingFault) in
            do throws(AddressError) {
                var addresses: [Address] = []
                for part in text.listed { addresses.append(try Address(part)) }
                return addresses
            } catch {
                throw SettingFault("is wrong: \(error.reason)", part: error.text)
            }
        }
    }
}
