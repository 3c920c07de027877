import Background
import Foundation
@testable import Hosting
import Testing

@Suite("The files that a process may have open")
struct FileDescriptorLimitTests {
    @Test("are as many as the system lets it allow itself")
    func raised() async {
        await #expect(processExitsWith: .success) {
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var limit = rlimit()
            try #require(getrlimit(files, &limit) == 0)
            limit.rlim_cur = 256
            try #require(setrlimit(files, &limit) == 0)
            try FileDescriptorLimit.raiseLimit(forServices: 1)
            try #require(getrlimit(files, &limit) == 0)
            #expect(limit.rlim_cur == min(limit.rlim_max, 65_536))
        }
    }

    @Test("are too few for a start if they leave none to connections, which names the number needed")
    func tooFew() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let error = #expect(throws: SettingsError.self) { try FileDescriptorLimit.raiseLimit(forServices: 1) }
            let needed = 96 + 4 * ProcessInfo.processInfo.activeProcessorCount
            #expect(error?.description.contains("needs \(needed)") == true)
            #expect(error?.description.contains("ulimit -n \(needed)") == true)
        }
    }
}

@Suite("The threads that a process may have")
struct ThreadLimitTests {
    @Test("are enough here, and too few if the system makes no more, which names the number needed")
    func number() throws {
        try ThreadLimit.check(forServices: 4)
        let error = #expect(throws: SettingsError.self) { try ThreadLimit.check(forServices: 1000) { _ in 0 } }
        let needed = 2014 + ProcessLimits.current.processors
        #expect(error?.description.contains("needs \(needed)") == true)
    }
}

@Suite("The addresses that a process may use")
struct AddressSpaceLimitTests {
    @Test("are enough here, and too few for a start if its memory would not fit, which names the number needed")
    func number() throws {
        try AddressSpaceLimit.check(forServices: 4)
        try AddressSpaceLimit.check(forServices: 4, current: nil)
        let needed = 512 + 32 * (16 + ProcessLimits.current.processors)
        try AddressSpaceLimit.check(forServices: 1, current: needed << 20)
        let error = #expect(throws: SettingsError.self) {
            try AddressSpaceLimit.check(forServices: 1, current: needed << 20 - 1)
        }
        #expect(error?.description.contains("needs \(needed) MiB") == true)
        #expect(error?.description.contains("ulimit -v \(needed * 1024)") == true)
    }
}
