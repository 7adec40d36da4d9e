import Glibc
import S3
import Synchronization
import TestSupport
import Testing

@testable import States

/// A server in memory, a clock that a test moves, and a directory of its own.
final class StateWorld: Sendable {
  let base: InMemoryStore
  let store: RecordingStore
  let directory: String

  init(buckets: [String] = [], behaviour: InMemoryStore.Behaviour = StateWorld.s3) {
    let seconds = TestSeconds()
    base = InMemoryStore(buckets: buckets, behaviour: behaviour, now: { seconds.now })
    store = RecordingStore(base)
    self.seconds = seconds
    directory = FileAccess.temporaryPath()
    mkdir(directory, 0o755)
  }

  let seconds: TestSeconds

  deinit { Self.removeTree(directory) }

  /// With ETags as in S3.
  static var s3: InMemoryStore.Behaviour {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.hasMD5 = true
    return behaviour
  }

  func pass() { seconds.advance() }

  var cache: StateCache {
    get throws { try StateCache(directory + "/cache") }
  }

  func session(isThorough: Bool = false) throws -> Session {
    Session(store: store, endpoint: "memory", cache: try cache, isThorough: isThorough)
  }

  /// Writes a file below the world's directory.
  func write(_ path: String, _ text: String) throws {
    let whole = "\(directory)/\(path)"
    let folder = String(whole.prefix(upTo: whole.lastIndex(of: "/")!))
    try FileAccess.makeDirectories(folder, for: .everybody)
    try overwrite(whole, with: Array(text.utf8))
  }

  func file(_ path: String) -> ReplacedFile {
    ReplacedFile(path: "\(directory)/\(path)", partial: PartialFiles(in: directory))
  }

  func overwrite(_ path: String, with bytes: [UInt8]) throws {
    try FileAccess.replace(path, writing: path + ".new") { $0.add(bytes) }
  }

  func read(_ path: String) -> String? {
    FileAccess.read("\(directory)/\(path)").map { String(decoding: $0, as: UTF8.self) }
  }

  func state(_ name: String, _ session: Session) throws -> State {
    try DirectoryReader.open("\(directory)/\(name)", hashes: session.hashes).read()
  }

  @discardableResult
  func layOut(
    _ name: String, deletes: Bool = false, _ change: (inout Layout.Options) -> Void = { _ in }
  ) async throws -> Layout.Outcome {
    let session = try session()
    defer { session.save() }
    var options = Layout.Options()
    options.deletesExtra = deletes
    change(&options)
    return try await Layout(session, options).run(UnreadState(try state(name, session)))
  }

  func differences(
    _ name: String, isThorough: Bool = false, _ change: (inout Comparison.Options) -> Void = { _ in }
  ) async throws -> Differences {
    let session = try session(isThorough: isThorough)
    defer { session.save() }
    let expected = try state(name, session)
    let actual = try await EndpointReader(session).state(of: expected.buckets.keys.sorted())
    var options = Comparison.Options()
    change(&options)
    return try await Comparison(expected: expected, actual: actual, session: session, options: options).run()
  }

  func letters(_ name: String, isThorough: Bool = false) async throws -> [String] {
    try await differences(name, isThorough: isThorough).list.map { "\($0.change.rawValue) \($0.bucket)/\($0.key)" }
  }

  static func removeTree(_ path: String) {
    for name in FileAccess.names(in: path) ?? [] {
      let child = "\(path)/\(name)"
      if FileAccess.isDirectory(child) { removeTree(child) } else { unlink(child) }
    }
    rmdir(path)
  }
}

/// A server's clock in whole seconds.
final class TestSeconds: Sendable {
  private let seconds = Mutex<Int64>(1_700_000_000)

  var now: Timestamp { Timestamp(seconds: seconds.withLock { $0 }) }
  func advance() { seconds.withLock { $0 += 1 } }
}
