/// Where the gateway listens, as `--http` names it.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// An IP address or a host name; nil is loopback, IPv4 and IPv6.
  public var host: String?
  /// 0 lets the system choose.
  public var port: UInt16

  public init(host: String? = nil, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `8080` and `:8080` are loopback only; `0.0.0.0:8080`, `[::]:8080`, `host:8080` as they say.
  public static func parse(_ text: String) throws(HTTPServerError) -> ListenAddress {
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

  /// Whether only this machine can reach it.
  public var isLoopback: Bool {
    guard let host else { return true }
    return host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  public var description: String { Self.text(host: host ?? "localhost", port: port) }

  static func text(host: String, port: UInt16) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
