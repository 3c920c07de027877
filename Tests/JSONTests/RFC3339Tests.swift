import Foundation
import Testing

@testable import JSON

@Suite("Times of RFC 3339")
struct RFC3339Tests {
    @Test(
        "are read in any of their forms",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T12:00:00+00:00", 951_825_600),
            ("2000-02-29t12:00:00z", 951_825_600), ("2000-02-29T12:00:00-00:00", 951_825_600),
            ("1996-12-19T16:39:57-08:00", 851_042_397), ("1990-12-31T23:59:60Z", 662_688_000),
            ("1990-12-31T15:59:60-08:00", 662_688_000), ("1937-01-01T12:00:27.87+00:20", -1_041_337_172.13),
            ("2019-11-25T06:06:40.0000000000001Z", 1_574_662_000), ("1582-10-10T00:00:00Z", -12_219_724_800),
            ("1900-03-01T00:00:00Z", -2_203_891_200), ("2400-02-29T00:00:00Z", 13_574_563_200),
            ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Double)])
    func forms(text: String, epoch: Double) throws {
        let date = try #require(RFC3339.date(text))
        #expect(abs(date.timeIntervalSince1970 - epoch) < 1e-6, "\(date)")
    }

    @Test(
        "are not read otherwise",
        arguments: [
            "", "2019-11-25", "2019-11-25T06:06Z", "2019-11-25T06:06:40", "2019-11-25 06:06:40Z",
            "2019-11-25T06:06:40.Z",
            "2019-11-25T06:06:40+0100", "2019-11-25T06:06:40+01", "2019-11-25T06:06:40Z ", "2019-11-25T06:06:40+24:00",
            "2019-11-25T06:06:40+01:60", "2019-11-25T24:00:00Z", "2019-11-25T06:60:00Z", "2019-11-25T06:06:60Z",
            "2019-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2019-04-31T00:00:00Z", "2019-00-01T00:00:00Z",
            "2019-13-01T00:00:00Z", "2019-01-00T00:00:00Z", "19-11-25T06:06:40Z", "٢٠١٩-11-25T06:06:40Z",
            "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        ])
    func others(text: String) {
        #expect(RFC3339.date(text) == nil)
    }

    @Test("are written as they are read, in all their years")
    func days() throws {
        for day in stride(from: -719_162, to: 2_932_897, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 3723)
            let text = try #require(RFC3339.text(date))
            try #require(text.hasSuffix("T01:02:03+00:00") && RFC3339.date(text) == date, "\(day): \(text)")
        }
    }

    @Test("of the last second are written in their year")
    func last() throws {
        for text in ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.9999999Z"] {
            #expect(RFC3339.date(text).flatMap(RFC3339.text) == "9999-12-31T23:59:59.999+00:00")
        }
        #expect(RFC3339.text(Date(timeIntervalSince1970: 253_402_300_800)) == nil)
        // By the Gregorian calendar it is of the year 0.
        #expect(RFC3339.text(Date.distantPast) == nil)
    }
}
