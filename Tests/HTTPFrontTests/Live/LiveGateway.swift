import Core
import Dispatch
import HTTPFront
import TestSupport

/// A gateway on a free port over a store in memory, for the time of one test.
struct LiveGateway {
  let store: InMemoryStore
  /// Records the gateway's requests to the store.
  let recorder: RecordingStore
  /// Injects faults between gateway and store.
  let faults: FaultyStore
  let server: HTTPServer
  let client: RawClient

  static func with<Value>(
    buckets: [String] = ["box"], credentials: (user: String, password: String)? = nil,
    behaviour: InMemoryStore.Behaviour = .init(),
    choosing choose: (inout FileSystemOptions) -> Void = { _ in },
    options given: HTTPServerOptions = .changed { _ in },
    _ body: (LiveGateway) async throws -> Value
  ) async throws -> Value {
    let store = InMemoryStore(buckets: buckets, behaviour: behaviour)
    var choices = FileSystemOptions()
    choose(&choices)
    let faults = FaultyStore(store)
    let recorder = RecordingStore(faults)
    let fileSystem = FileSystem(store: recorder, options: choices)
    var options = given
    if options.listen.unixPath == nil { options.listen = ListenAddress(port: 0) }
    options.credentials = credentials
    let server = HTTPServer(fileSystem: fileSystem, options: options)
    try server.start()
    let port = UInt16(server.address.split(separator: ":").last ?? "") ?? 0
    let gateway = LiveGateway(
      store: store, recorder: recorder, faults: faults, server: server, client: RawClient(port: port))
    do {
      let value = try await body(gateway)
      await gateway.end(fileSystem)
      return value
    } catch {
      await gateway.end(fileSystem)
      throw error
    }
  }

  private func end(_ fileSystem: FileSystem) async {
    await stop()
    _ = await fileSystem.saving.shutDown(deadline: .seconds(5))
  }

  /// Runs outside of the cooperative pool, because stopping waits for threads.
  func stop() async {
    await withCheckedContinuation { continuation in
      RawClient.queue.async {
        server.stop()
        continuation.resume()
      }
    }
  }
}

extension HTTPServerOptions {
  /// Returns the default options with changes.
  static func changed(_ change: (inout HTTPServerOptions) throws -> Void) rethrows -> HTTPServerOptions {
    var options = HTTPServerOptions()
    options.stopGrace = .milliseconds(200)
    try change(&options)
    return options
  }
}
