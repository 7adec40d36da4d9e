import Basics
import Core
import Glibc
import HTTPFront
import Synchronization
import TestSupport
import Testing

struct HTTPServerTests {
  /// libmicrohttpd closes a listening socket also when it does not start: closed again, its number may be another file's.
  @Test func `a start that fails closes no descriptor of others`() async throws {
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
