import Descriptors
import Foundation
import Testing

@Suite("The descriptors of a process")
struct DescriptorReserveTests {
    @Test("are shared: a listener has half of what connections may use, all together leave a quarter")
    func shared() async {
        await #expect(processExitsWith: .success) {
            limitDescriptors(to: 256)
            #expect(DescriptorLimit.current == 256)
            #expect(DescriptorReserve.room(for: 0, of: 10) == 10)
            #expect(DescriptorReserve.room(for: 90, of: 1000) == 6)
            #expect(DescriptorReserve.room(for: 97, of: 1000) == -1)
            // Others have taken all that connections may use.
            openDescriptors(upTo: 191)
            #expect(DescriptorReserve.room(for: 90, of: 1000) == 0)
            _ = open("/dev/null", O_RDONLY)
            #expect(DescriptorReserve.room(for: 90, of: 1000) == -1)
        }
    }

    @Test("have a few for each listener in any case, unless it wants fewer")
    func least() async {
        await #expect(processExitsWith: .success) {
            limitDescriptors(to: 256)
            openDescriptors(upTo: 200)
            #expect(DescriptorReserve.room(for: 0, of: 1000) == 4)
            #expect(DescriptorReserve.room(for: 5, of: 1000) < 0)
            #expect(DescriptorReserve.room(for: 2, of: 1) == -1)
        }
    }

    @Test("have no room if none is left")
    func none() async {
        await #expect(processExitsWith: .success) {
            limitDescriptors(to: 64)
            openDescriptors(upTo: 64)
            #expect(DescriptorReserve.room(for: 0, of: 1000) == -1)
        }
    }
}

/// Opens files until one has this descriptor or there is none left.
private func openDescriptors(upTo last: Int32) {
    for _ in 0...last { guard (0..<last).contains(open("/dev/null", O_RDONLY)) else { return } }
}

private func limitDescriptors(to number: rlim_t) {
    var limit = rlimit(rlim_cur: number, rlim_max: number)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
