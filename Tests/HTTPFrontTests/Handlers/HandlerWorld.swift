import Core
import TestSupport

@testable import HTTPFront

/// A file system over a store in memory, for handlers without a server.
struct HandlerWorld {
  let store: InMemoryStore
  let recorder: RecordingStore
  let fileSystem: FileSystem

  init(buckets: [String] = ["box"], behaviour: InMemoryStore.Behaviour = .init()) {
    store = InMemoryStore(buckets: buckets, behaviour: behaviour)
    recorder = RecordingStore(store)
    var options = FileSystemOptions()
    // There are no connections here, so the ttl is longer than any test.
    options.ttl = .seconds(600)
    fileSystem = FileSystem(store: recorder, options: options)
  }

  /// Answers a request as a client spells it, by the table of endpoints: `answer("GET", "/box/a?versions")`.
  func answer(_ method: String, _ target: String, body: RequestBody = RequestBody([])) async throws -> Response {
    let request = Self.request(method, target: target)
    let parts = GatewayParts(
      fileSystem: fileSystem, options: HTTPServerOptions(), pages: PageSettings(), live: LiveExchanges(),
      requests: RequestMetrics())
    let context = ActionContext(parts: parts, request: request, body: body)
    return try await Router.action(of: request).answer(in: context)
  }

  static func path(_ text: String) -> ObjectPath { ObjectPath(urlPath: text)! }

  static func request(_ method: String, _ headers: [String: String] = [:], target: String = "/") -> Request {
    var fields = Headers()
    for (name, value) in headers { fields.add(name, value) }
    return Request(method: method, target: target, headers: fields)
  }
}

extension RequestBody {
  /// A body that arrives in these pieces.
  init(_ pieces: [String]) {
    let rest = Pieces(pieces.map { Array($0.utf8) })
    self.init { () async throws(ClientGone) in await rest.next() }
  }

  /// A body that ends early: its client goes away.
  static var cut: Self { Self { () async throws(ClientGone) in throw ClientGone() } }

  private actor Pieces {
    var rest: [[UInt8]]
    init(_ pieces: [[UInt8]]) { rest = pieces }
    func next() -> [UInt8]? { rest.isEmpty ? nil : rest.removeFirst() }
  }
}

extension Response {
  /// The text of a body in memory.
  var text: String? {
    switch body {
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .object(let part): String(decoding: part.first.bytes, as: UTF8.self)
    default: nil
    }
  }
}

/// Returns the status of the refusal that `body` throws; `nil` if it throws none.
func refusal(_ body: () async throws -> Void) async -> Int? {
  do {
    try await body()
    return nil
  } catch let error as HTTPError { return error.status } catch let error as FileSystemError {
    return HTTPError(error).status
  } catch { return 0 }
}
