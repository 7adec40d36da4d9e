import Glibc
import S3
import Synchronization

/// A small HTTP server that answers from a script, faults included: each request gets the next answer.
final class FaultyServer: Sendable {
  enum Answer: Sendable {
    /// A whole answer; the connection stays open.
    case reply(status: Int, headers: [String] = [], body: String = "")
    /// Sends these bytes unchanged, then closes the connection.
    case cut(String)
    /// Closes the connection without a byte.
    case hangUp
    /// Sends nothing until the client disconnects.
    case silence
  }

  struct Request: Sendable {
    let line: String
    /// By names in lower case.
    let headers: [String: String]
    let body: [UInt8]
  }

  private struct State {
    var script: [Answer]
    var requests: [Request] = []
    var connections: [Int32] = []
  }

  let port: UInt16
  private let listener: Int32
  private let state: Mutex<State>

  init(_ script: [Answer]) throws {
    state = Mutex(State(script: script))
    (listener, port) = try Self.listen()
    let context = Unmanaged.passRetained(self).toOpaque()
    Self.detach(context) { context in
      guard let context else { return nil }
      Unmanaged<FaultyServer>.fromOpaque(context).takeRetainedValue().acceptAll()
      return nil
    }
  }

  var requests: [Request] { state.withLock { $0.requests } }

  /// Ends the server's threads. Call it when the test is over.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in state.withLock({ $0.connections }) { shutdown(connection, Int32(SHUT_RDWR)) }
  }

  /// A client of this server.
  func client(
    retry: RetryPolicy = RetryPolicy(), deadlines: Deadlines = FaultyServer.ampleDeadlines,
    observer: (@Sendable (RequestEvent) -> Void)? = nil
  ) throws -> S3Client {
    try Self.client(port: port, retry: retry, deadlines: deadlines, observer: observer)
  }

  /// Deadlines for tests of other behaviour, long enough for a busy machine.
  static let ampleDeadlines = Deadlines(request: .seconds(120))

  /// Deadlines for tests of what happens when they have passed.
  static let shortDeadlines = Deadlines(
    connect: .seconds(1), request: .seconds(1), stall: .seconds(1), serverWork: .seconds(1))

  static func client(
    port: UInt16, retry: RetryPolicy = RetryPolicy(), deadlines: Deadlines = FaultyServer.ampleDeadlines,
    observer: (@Sendable (RequestEvent) -> Void)? = nil
  ) throws -> S3Client {
    var configuration = S3Configuration(endpoint: try Endpoint("http://127.0.0.1:\(port)"))
    configuration.retry = retry
    configuration.deadlines = deadlines
    configuration.observer = observer
    return try S3Client(configuration)
  }

  /// Returns a port without a listener.
  static func closedPort() throws -> UInt16 {
    let (listener, port) = try listen()
    close(listener)
    return port
  }

  // MARK: The server's threads

  private struct NoSocket: Error {}

  private static func listen() throws -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let ok = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && Glibc.listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard ok else { throw NoSocket() }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  private static func detach(
    _ context: UnsafeMutableRawPointer?, _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
  ) {
    var thread = pthread_t()
    pthread_create(&thread, nil, body, context)
    pthread_detach(thread)
  }

  private final class Connection: Sendable {
    let server: FaultyServer
    let descriptor: Int32

    init(server: FaultyServer, descriptor: Int32) {
      self.server = server
      self.descriptor = descriptor
    }
  }

  private func acceptAll() {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { break }
      state.withLock { $0.connections.append(descriptor) }
      let connection = Connection(server: self, descriptor: descriptor)
      Self.detach(Unmanaged.passRetained(connection).toOpaque()) { context in
        guard let context else { return nil }
        let connection = Unmanaged<Connection>.fromOpaque(context).takeRetainedValue()
        connection.server.serve(connection.descriptor)
        return nil
      }
    }
    close(listener)
  }

  private func serve(_ descriptor: Int32) {
    while let request = Self.read(descriptor) {
      let answer = state.withLock { state in
        state.requests.append(request)
        return state.script.isEmpty ? .hangUp : state.script.removeFirst()
      }
      guard perform(answer, on: descriptor) else { break }
    }
    state.withLock { state in state.connections.removeAll { $0 == descriptor } }
    close(descriptor)
  }

  /// Returns false if the connection must be closed.
  private func perform(_ answer: Answer, on descriptor: Int32) -> Bool {
    switch answer {
    case .reply(let status, let headers, let body):
      let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
      return Self.write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, descriptor)
    case .cut(let text):
      _ = Self.write(text, descriptor)
      return false
    case .hangUp: return false
    case .silence:
      var byte: UInt8 = 0
      while recv(descriptor, &byte, 1, 0) > 0 {}
      return false
    }
  }

  private static func write(_ text: String, _ descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func read(_ descriptor: Int32) -> Request? {
    var bytes: [UInt8] = []
    func more() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return false }
      bytes += chunk[..<count]
      return true
    }
    var end: Int?
    while end == nil {
      guard more() else { return nil }
      end = bytes.indices.first { bytes[$0...].starts(with: "\r\n\r\n".utf8) }
    }
    guard let end else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < end + 4 + length {
      guard more() else { return nil }
    }
    return Request(line: lines[0], headers: headers, body: Array(bytes[(end + 4)...]))
  }
}
