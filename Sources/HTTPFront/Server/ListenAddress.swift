/// The address of `--http` that the gateway listens on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// An IP address or a host name; `nil` means loopback, IPv4 and IPv6.
  public var host: String?
  /// The path of a socket in the file system, used instead of host and port.
  public var unixPath: String?
  /// 0 lets the system choose.
  public var port: UInt16

  public init(host: String? = nil, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses an address: `8080` and `:8080` mean loopback only; `0.0.0.0:8080`, `[::]:8080` and `host:8080` that address;
  /// `unix:/path` a socket in the file system.
  public static func parse(_ text: String) throws(HTTPServerError) -> ListenAddress {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      // sockaddr_un holds 107 bytes and a NUL.
      guard path.hasPrefix("/"), path.utf8.count <= 107, !path.hasSuffix("/") else {
        throw .invalidAddress(text, "unix: is followed by an absolute path of at most 107 bytes")
      }
      var address = ListenAddress(port: 0)
      address.unixPath = path
      return address
    }
    guard let colon = text.lastIndex(of: ":") else {
      return ListenAddress(port: try port(text[...], in: text))
    }
    let port = try port(text[text.index(after: colon)...], in: text)
    var host = text[..<colon]
    if host.isEmpty { return ListenAddress(port: port) }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw .invalidAddress(text, "an IPv6 address stands in brackets: [::1]:8080")
    }
    guard !host.isEmpty else { throw .invalidAddress(text, "the host is missing") }
    return ListenAddress(host: String(host), port: port)
  }

  private static func port(_ digits: Substring, in text: String) throws(HTTPServerError) -> UInt16 {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
      throw .invalidAddress(text, "the port must be a number from 0 to 65535, as in :8080")
    }
    return port
  }

  /// Whether only this machine can connect.
  public var isLoopback: Bool {
    guard let host else { return true }
    return host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  public var description: String { unixPath.map { "unix:\($0)" } ?? Self.text(host: host ?? "localhost", port: port) }

  static func text(host: String, port: UInt16) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// The reason why the gateway cannot start: one line with the fault and the remedy.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }

  static func invalidAddress(_ text: String, _ reason: String) -> Self {
    Self("\"\(text)\" is not an address to listen on: \(reason).")
  }
}
