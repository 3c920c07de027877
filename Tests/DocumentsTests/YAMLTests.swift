import Documents
import Foundation
import JSON
import Testing

@Suite("A document as a text")
struct YAMLTests {
    private let document: JSONValue = [
        "zebra": 1, "apple": ["list": [true, .null, "é"], "empty": [], "none": [:]], "left out": nil,
        "half": .number(0.5),
    ]

    @Test("is written as JSON that people can read")
    func json() {
        #expect(
            String(decoding: document.indentedJSON, as: UTF8.self) == """
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
        let yaml = String(decoding: (["a": .string(text)] as JSONValue).yaml, as: UTF8.self)
        let value = try #require(yaml.wholeMatch(of: /a: (.*)\n/)?.1)
        #expect(try JSONValue(json: Data(value.utf8)) == .string(text))
    }
}
