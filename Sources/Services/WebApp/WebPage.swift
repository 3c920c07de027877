public import Foundation

/// The page at `/`: it shows what webapp's endpoints return, and loads nothing from elsewhere.
public enum WebPage {
    /// A file of the page.
    public struct File: Sendable {
        public let path: String
        public let contentType: String
        public let content: Data
    }

    /// The page first, then what it loads.
    public static let files =
        [
            File(path: "/", contentType: "text/html; charset=utf-8", content: Data(PackageResources.index_html)),
            File(path: "/page/icon.svg", contentType: "image/svg+xml", content: Data(PackageResources.icon_svg)),
            style("style.css", PackageResources.style_css),
            style("sections.css", PackageResources.sections_css),
        ]
        + [
            script("page.js", PackageResources.page_js),
            script("api.js", PackageResources.api_js),
            script("elements.js", PackageResources.elements_js),
            script("format.js", PackageResources.format_js),
            script("session.js", PackageResources.session_js),
            script("clock.js", PackageResources.clock_js),
            script("services.js", PackageResources.services_js),
            script("comparison.js", PackageResources.comparison_js),
            script("histogram.js", PackageResources.histogram_js),
            script("calls.js", PackageResources.calls_js),
            script("users.js", PackageResources.users_js),
        ]

    private static func style(_ name: String, _ content: [UInt8]) -> File {
        File(path: "/page/" + name, contentType: "text/css; charset=utf-8", content: Data(content))
    }

    private static func script(_ name: String, _ content: [UInt8]) -> File {
        File(path: "/page/" + name, contentType: "text/javascript; charset=utf-8", content: Data(content))
    }

    /// The header fields that each of the files needs: nothing but these files is loaded or run, no text becomes HTML, and
    /// no page frames them.
    public static let headers = [
        "Content-Security-Policy": """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
        require-trusted-types-for 'script'; trusted-types 'none'
        """,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    ]
}
