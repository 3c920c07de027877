public import Foundation

/// The page at `/docs`: it reads `/schema` and shows what the service offers, with a form to try it. It loads nothing from
/// elsewhere.
public enum Explorer {
    /// A file of the page.
    public struct Asset: Sendable {
        /// The path at which it is served.
        public let path: String
        /// Its media type.
        public let contentType: String
        /// Its bytes.
        public let content: Data
    }

    /// The page first, then what it loads.
    public static let files = [
        Asset(path: "/docs", contentType: "text/html; charset=utf-8", content: Data(PackageResources.index_html)),
        Asset(
            path: "/docs/style.css", contentType: "text/css; charset=utf-8", content: Data(PackageResources.style_css)),
        script("script.js", PackageResources.script_js),
        script("schema.js", PackageResources.schema_js),
        script("samples.js", PackageResources.samples_js),
        script("elements.js", PackageResources.elements_js),
        Asset(path: "/docs/icon.svg", contentType: "image/svg+xml", content: Data(PackageResources.icon_svg)),
    ]

    private static func script(_ name: String, _ content: [UInt8]) -> Asset {
        Asset(path: "/docs/" + name, contentType: "text/javascript; charset=utf-8", content: Data(content))
    }

    /// The header fields that each of the files needs: nothing but these files is loaded or run, and no page frames them.
    public static let headers = [
        "Content-Security-Policy": """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    ]
}
