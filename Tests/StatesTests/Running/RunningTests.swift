import Basics
import Glibc
import S3
import Synchronization
import Testing

@testable import States

@Suite("Sockets of running processes")
struct RunningTests {
  /// A private runtime directory for one test.
  private final class Runtime: Sendable {
    let path = FileAccess.temporaryPath()
    var sockets: RunningSockets { RunningSockets(environment: ["XDG_RUNTIME_DIR": path]) }
    var directory: String { path + "/localstackmount" }
    var names: [String] { FileAccess.names(in: directory) ?? [] }

    init() { mkdir(path, 0o700) }
    deinit { StateWorld.removeTree(path) }
  }

  @Test("requests and answers are encoded and decoded without change")
  func messages() throws {
    let reference = ObjectReference(bucket: "b", key: "k\n\"é")
    let requests: [RunningRequest] = [
      .flush(nil, openFiles: true), .flush(["a", "b"], openFiles: false),
      .learn([
        .madeBucket("b"), .deleted(reference), .changedTags(reference),
        .wrote(reference, size: 1 << 40, etag: ETag("x-1"), modified: Timestamp(seconds: 7, nanoseconds: 8)),
      ]),
    ]
    for request in requests {
      #expect(RunningRequest(try JSONValue.parse(Array(request.json.compact.utf8))) == request)
    }
    let reply = RunningReply(process: 7, unsaved: [UnsavedFile(uri: "s3://b/k", reason: "AccessDenied")])
    #expect(RunningReply(try JSONValue.parse(Array(reply.json.compact.utf8))) == reply)
    #expect(RunningReply(RunningReply.working) == nil)
  }

  @Test("a process does not query itself, and removes its socket at its end")
  func ownSocket() throws {
    let runtime = Runtime()
    let listener = try #require(
      RunningListener(runtime.sockets, endpoint: "http://localhost:4566") { _ in [] })
    #expect(runtime.names.count == 1)
    #expect(try runtime.sockets.connect("http://127.0.0.1:4566").isEmpty)
    runtime.sockets.removeStale()
    #expect(runtime.names.count == 1)
    listener.end()
    #expect(runtime.names.isEmpty)
  }

  @Test("sockets of dead processes are removed, whatever their endpoint")
  func stale() throws {
    let runtime = Runtime()
    mkdir(runtime.directory, 0o700)
    // No process can have this number.
    for name in ["0000000000000000-4194305-0", ".4194305-0", ".\(getpid())-0"] {
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      #expect(LocalSocket.with("\(runtime.directory)/\(name)") { bind(descriptor, $0, $1) } == 0)
      close(descriptor)
    }
    runtime.sockets.removeStale()
    #expect(runtime.names == [".\(getpid())-0"], "its process is about to listen")
  }

  @Test("a socket that accepts no connection is an error at once")
  func full() throws {
    let runtime = Runtime()
    mkdir(runtime.directory, 0o700)
    let (path, _) = try #require(runtime.sockets.newPaths("http://localhost:4566"))
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    #expect(LocalSocket.with(path) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 0) == 0)
    // The first connection waits to be accepted.
    let first = LocalSocket(connectingTo: path)
    #expect(first != nil)
    #expect(throws: StateFailure.self) { try runtime.sockets.connect("http://localhost:4566") }
    #expect(try runtime.sockets.connect("http://localhost:1").isEmpty)
    runtime.sockets.removeStale()
    #expect(runtime.names.count == 1)
  }

  @Test("a directory that others may read is not used")
  func publicDirectory() {
    let runtime = Runtime()
    mkdir(runtime.directory, 0o755)
    chmod(runtime.directory, 0o755)
    #expect(runtime.sockets.newPaths("http://localhost:4566")?.path.hasPrefix(runtime.path) != true)
  }
}
