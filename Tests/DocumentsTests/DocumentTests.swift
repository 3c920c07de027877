import Documents
import Endpoints
import Foundation
import JSON
import Testing

@Suite("A document")
struct DocumentTests {
    private let document: Document = [
        "zebra": 1, "apple": ["list": [true, .null, "é"], "empty": [], "none": [:]], "left out": nil,
        "half": .number(0.5),
    ]

    @Test("keeps the order of its members, and leaves out what is nil")
    func order() {
        #expect(document.members.map(\.name) == ["zebra", "apple", "half"])
        #expect(document["apple"]?["list"]?["0"] == true && document["apple"]?["list"]?["3"] == nil)
    }

    @Test("is written as JSON that people can read")
    func json() {
        #expect(
            String(decoding: document.json, as: UTF8.self) == """
                {
                  "zebra": 1,
                  "apple": {
                    "list": [
                      true,
                      null,
                      "é"
                    ],
                    "empty": [],
                    "none": {}
                  },
                  "half": 0.5
                }

                """)
    }

    @Test("is written as YAML that people can read")
    func yaml() {
        #expect(
            String(decoding: document.yaml, as: UTF8.self) == """
                zebra: 1
                apple:
                  list:
                    - true
                    - null
                    - "é"
                  empty: []
                  none: {}
                half: 0.5

                """)
    }

    @Test(
        "has quotes in YAML wherever a text could be taken for something else",
        arguments: [
            "", "no", "True", "1.0", "a: b", "a #b", "- a", "200", " a", "a ", "a\nb", "$ref", "{a}", "*a", "ja\"", "~",
        ])
    func quotes(text: String) throws {
        let yaml = String(decoding: (["a": .string(text)] as Document).yaml, as: UTF8.self)
        let value = try #require(yaml.wholeMatch(of: /a: (.*)\n/)?.1)
        #expect(try JSONValue(json: Data(value.utf8)) == .string(text))
    }

    @Test("says what the JSON it was made from says")
    func conversion() throws {
        let value: JSONValue = ["a": [1, .number(0.5), "b", true, .null], "c": ["d": [:]]]
        #expect(try JSONValue(json: Document(value).json) == value)
    }
}
