import Endpoints
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test("a moment is written with its offset")
    func writing() {
        #expect(Timestamp(epoch: 1_574_653_197).description == "2019-11-25T03:39:57+00:00")
        #expect(Timestamp(epoch: 0).description == "1970-01-01T00:00:00+00:00")
    }

    @Test(
        "a moment is read with any offset",
        arguments: [
            ("2019-11-25T03:39:57+00:00", 1_574_653_197), ("2019-11-25T03:39:57Z", 1_574_653_197),
            ("2019-11-25T04:39:57.250+01:00", 1_574_653_197),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799),
        ])
    func reading(text: String, epoch: Int) throws {
        #expect(try Timestamp(text).epoch == epoch)
    }

    @Test(
        "other texts are refused",
        arguments: [
            "", "now", "2019-11-25", "2019-13-25T03:39:57Z", "2019-02-29T03:39:57Z", "2019-11-31T03:39:57Z",
            "2019-11-25T24:39:57Z", "2019-11-25T03:60:57Z", "2019-11-25T03:39:57",
            // In UTC these are of the years 0 and 10000.
            "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        ])
    func refusing(text: String) {
        #expect(throws: Problem.self) { try Timestamp(text) }
    }
}
