/// The location of S3: scheme, host, port and perhaps a path below which it answers.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public enum Scheme: String, Hashable, Sendable {
    case http, https

    var defaultPort: Int { self == .http ? 80 : 443 }
  }

  public static let localStackDefault = "http://localhost:4566"

  public let scheme: Scheme
  /// In lower case; an IPv6 address is in brackets.
  public let host: String
  public let port: Int
  /// Without a trailing slash: "" or "/s3".
  public let basePath: String

  /// Parses a URL. `source` names where it came from, for the error.
  public init(_ text: String, source: String = "endpoint") throws(ConfigurationError) {
    func bad(_ reason: String) -> ConfigurationError { .badEndpoint(text: text, reason: reason, source: source) }
    guard let separator = text.range(of: "://") else { throw bad("it must begin with http:// or https://") }
    guard let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
      throw bad("it must begin with http:// or https://")
    }
    let rest = text[separator.upperBound...]
    guard !rest.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { throw bad("it holds blanks") }
    guard !rest.contains("?"), !rest.contains("#") else { throw bad("a query or fragment has no place in it") }
    guard !rest.contains("@") else { throw bad("user and password have no place in it") }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    guard let (host, port) = Self.splitAuthority(rest[..<slash]) else { throw bad("its host or port is malformed") }
    guard !host.isEmpty else { throw bad("it names no host") }
    self.scheme = scheme
    self.host = host
    self.port = port ?? scheme.defaultPort
    var path = String(rest[slash...])
    while path.hasSuffix("/") { path.removeLast() }
    basePath = path
  }

  private static func splitAuthority(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text
    var portText: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[...close]
      let tail = text[text.index(after: close)...]
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      portText = tail.isEmpty ? nil : tail.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      portText = text[text.index(after: colon)...]
    }
    guard let portText else { return (host.lowercased(), nil) }
    guard let port = Int(portText), (1...65_535).contains(port) else { return nil }
    return (host.lowercased(), port)
  }

  /// `host` or `host:port`, as the `Host` header has it: without the scheme's own port.
  public var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }
  /// Without a trailing slash.
  public var description: String { "\(scheme.rawValue)://\(authority)\(basePath)" }

  /// Whether this is a machine of the developer's own, where an emulator answers: there `test`/`test` is tried as
  /// credentials and no proxy is used.
  public var isLocal: Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
    if host == "localhost.localstack.cloud" || host.hasSuffix(".localstack.cloud") { return true }
    if host == "host.docker.internal" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { UInt8($0) }
    if parts.count == 4, numbers.count == 4 { return Self.isPrivate(numbers) }
    return parts.count == 1 && !host.hasPrefix("[")
  }

  /// Returns whether an address is in 127/8, or in the private networks of RFC 1918.
  private static func isPrivate(_ address: [UInt8]) -> Bool {
    switch (address[0], address[1]) {
    case (127, _), (10, _), (192, 168), (172, 16...31): true
    default: false
    }
  }
}

extension String {
  /// Returns the first occurrence of `text`, compared character by character.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
