import Dispatch
import Glibc

/// A client that sends exactly the given bytes, which real clients refuse to do.
struct RawClient {
  static let queue = DispatchQueue(label: "raw clients", attributes: .concurrent)

  var port: UInt16
  /// The path of a Unix socket to use instead.
  var path: String?

  struct Answer: Equatable {
    var status: Int
    var head: String
    var body: String
    var bytes: [UInt8] = []

    /// Returns the value of the first header of this name.
    func header(_ name: String) -> String? {
      let line = head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
      return line.map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }

    /// The body, without the framing of chunks.
    var contents: [UInt8] {
      guard head.contains("Transfer-Encoding: chunked") else { return bytes }
      var (rest, contents) = (bytes[...], [UInt8]())
      while let end = rest.firstIndex(of: 0x0D),
        let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0
      {
        contents += rest[(end + 2)..<min(end + 2 + count, rest.endIndex)]
        rest = rest.dropFirst(min(end + 2 + count + 2 - rest.startIndex, rest.count))
      }
      return contents
    }
  }

  /// How the client ends its side of the connection.
  enum Ending { case waits, halfCloses, goesAway }

  /// Sends pieces, then reads until the server closes; runs on a thread of its own. Returns the first response other
  /// than 100 Continue, or nil if the server closed without an answer.
  func exchange(_ pieces: [String], ending: Ending = .waits) async -> Answer? {
    await exchange(bytes: pieces.map { Array($0.utf8) }, ending: ending)
  }

  func exchange(bytes pieces: [[UInt8]], ending: Ending = .waits) async -> Answer? {
    await withCheckedContinuation { continuation in
      Self.queue.async { continuation.resume(returning: run(pieces, ending)) }
    }
  }

  /// Sends a piece, waits for something else, sends another one, then reads.
  func exchange(_ first: String, while wait: @Sendable () async -> Void, _ second: String) async -> Answer? {
    guard let descriptor = connected() else { return nil }
    defer { close(descriptor) }
    sendAll(Array(first.utf8), descriptor)
    await wait()
    return await withCheckedContinuation { continuation in
      Self.queue.async {
        sendAll(Array(second.utf8), descriptor)
        continuation.resume(returning: Self.parse(readAll(descriptor)))
      }
    }
  }

  /// One request; the connection closes after it.
  func send(_ method: String, _ target: String, _ fields: [String: String] = [:], body: String? = nil) async -> Answer?
  {
    await send(method, target, fields, bytes: body.map { Array($0.utf8) })
  }

  func send(_ method: String, _ target: String, _ fields: [String: String] = [:], bytes body: [UInt8]?) async -> Answer?
  {
    var head = "\(method) \(target) HTTP/1.1\r\n"
    var fields = fields
    if fields["Host"] == nil { fields["Host"] = "localhost:\(port)" }
    if let body, fields["Transfer-Encoding"] == nil { fields["Content-Length"] = "\(body.count)" }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    return await exchange(bytes: [Array((head + "Connection: close\r\n\r\n").utf8) + (body ?? [])])
  }

  /// Sends a request and reads its answer piece by piece, until the text so far satisfies `isEnough` (or a minute has
  /// passed, even if the server still sends); then it disconnects.
  func follow(_ target: String, until isEnough: @escaping @Sendable (String) -> Bool) async -> String {
    await withCheckedContinuation { continuation in
      Self.queue.async {
        guard let descriptor = connected() else { return continuation.resume(returning: "") }
        defer { close(descriptor) }
        sendAll(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), descriptor)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let deadline = ContinuousClock.now + .seconds(60)
        while !isEnough(String(decoding: bytes, as: UTF8.self)), ContinuousClock.now < deadline {
          let count = recv(descriptor, &buffer, buffer.count, 0)
          guard count > 0 else { break }
          bytes += buffer[..<count]
        }
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  private func connected() -> Int32? {
    if let path { return connected(to: path) }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard connected == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private func run(_ pieces: [[UInt8]], _ ending: Ending) -> Answer? {
    guard let descriptor = connected() else { return nil }
    defer { close(descriptor) }
    for piece in pieces { sendAll(piece, descriptor) }
    switch ending {
    case .waits: break
    case .halfCloses: shutdown(descriptor, Int32(SHUT_WR))
    case .goesAway: return nil
    }
    return Self.parse(readAll(descriptor))
  }

  private func connected(to path: String) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return result == 0 ? descriptor : nil
  }

  private func sendAll(_ bytes: [UInt8], _ descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  private func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  private static func parse(_ bytes: [UInt8]) -> Answer? {
    var rest = bytes[...]
    while rest.starts(with: "HTTP/1.1 100".utf8), let end = headEnd(rest) { rest = rest[(end + 4)...] }
    guard let end = headEnd(rest) else { return nil }
    let head = String(decoding: rest[..<end], as: UTF8.self)
    guard let status = Int(head.dropFirst(9).prefix(3)) else { return nil }
    let body = Array(rest[(end + 4)...])
    return Answer(status: status, head: head, body: String(decoding: body, as: UTF8.self), bytes: body)
  }

  private static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.first {
      $0 + 4 <= bytes.endIndex && bytes[$0] == 0x0D && bytes[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8)
    }
  }
}
