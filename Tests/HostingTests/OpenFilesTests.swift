import Foundation
import Hosting
import Testing

@Suite("The files that a process may have open")
struct OpenFilesTests {
    @Test("are as many as the system lets it allow itself")
    func raised() async {
        await #expect(processExitsWith: .success) {
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var limit = rlimit()
            try #require(getrlimit(files, &limit) == 0)
            limit.rlim_cur = 256
            try #require(setrlimit(files, &limit) == 0)
            OpenFiles.raiseLimit()
            try #require(getrlimit(files, &limit) == 0)
            #expect(limit.rlim_cur == min(limit.rlim_max, 65_536))
        }
    }
}
