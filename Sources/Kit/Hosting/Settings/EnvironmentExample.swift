/// The text of an `env.example`, written from the settings themselves.
///
/// ```swift
/// print(EnvironmentExample.entries(Application.settings(of: [orders, bills])))
/// ```
public enum EnvironmentExample {
    /// Settings with what they mean, and an empty line between them.
    public static func entries(_ settings: [SettingDescription]) -> String {
        let entries = settings.map { setting in
            var lines = wrapped(setting.summary)
            if setting.isSecret {
                lines.append("# In place of it, \(setting.name)_FILE may name a file that holds it.")
            }
            lines.append("\(setting.name)=\(setting.example)")
            return lines.joined(separator: "\n")
        }
        return entries.joined(separator: "\n\n")
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines = ["#"]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count > 100 { lines.append("#") }
            lines[lines.count - 1] += " " + word
        }
        return lines
    }
}
