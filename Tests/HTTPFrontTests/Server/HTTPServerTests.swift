import Basics
import Core
import Glibc
import HTTPFront
import Synchronization
import TestSupport
import Testing

struct HTTPServerTests {
  /// libmicrohttpd closes a listening socket also when it fails to start: a second close could close another file.
  @Test func `a failed start closes no other descriptor`() async throws {
    let isOver = Atomic(false)
    let lost = OneShot<Int>()
    let thread = Thread(name: "opens files") {
      var count = 0
      while !isOver.load(ordering: .relaxed) {
        let files = (0..<16).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        sched_yield()
        for file in files where close(file) < 0 { count += 1 }
      }
      lost.set(count)
    }
    let fileSystem = FileSystem(store: InMemoryStore(), options: FileSystemOptions())
    var options = HTTPServerOptions(listen: ListenAddress(port: 0))
    options.tls = (certificate: "no certificate", key: "no key")
    for _ in 0..<3000 {
      #expect(throws: HTTPServerError.self) { try HTTPServer(fileSystem: fileSystem, options: options).start() }
    }
    isOver.store(true, ordering: .relaxed)
    #expect(lost.wait() == 0)
    thread?.join()
  }
}
