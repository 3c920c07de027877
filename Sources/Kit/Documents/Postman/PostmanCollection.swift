public import Endpoints
public import Foundation

/// A service's walkthrough as a Postman collection (format 2.1): a folder for each chapter, a request for each step at each
/// of its endpoint's paths, with saved examples, and with scripts that test the answer and keep what later requests need.
///
/// Requests go to `{{protocol}}://{{name_host}}`, where `name` is the service's. A request whose variables are empty skips
/// itself.
public struct PostmanCollection: Sendable, Hashable {
    /// The document as a value.
    public let document: Document

    /// - Parameter title: for people.
    public init(_ title: String, _ contract: ContractDescriptor, _ walkthrough: Walkthrough) {
        let folders = walkthrough.chapters.map { chapter in
            let items = chapter.steps.flatMap { step in
                step.endpoint.http.paths.map { PostmanItem(step, $0).document }
            }
            return ["name": .string(chapter.title), "description": .string(chapter.summary), "item": .array(items)]
                as Document
        }
        document = [
            "info": [
                "name": .string(title), "description": .string(contract.summary),
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            ],
            "item": .array(folders),
        ]
    }

    /// The document as JSON.
    public var json: Data { document.json }

    /// The variable that says where a service is.
    public static func host(of contract: String) -> String { contract + "_host" }
}
