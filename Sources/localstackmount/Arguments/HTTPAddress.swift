internal import ArgumentParser

/// Where the gateway listens: ":8080" or "8080" is loopback only; "0.0.0.0:8080" and "[::]:8080" are all interfaces.
struct HTTPAddress: ExpressibleByArgument, Equatable {
  /// A host name or an IP address, without brackets.
  let host: String
  let port: UInt16

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  init?(argument: String) {
    var host = argument[...]
    var digits = argument[...]
    if let colon = argument.lastIndex(of: ":") {
      host = argument[..<colon]
      digits = argument[argument.index(after: colon)...]
    } else {
      host = ""
    }
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return nil }
      host = host.dropFirst().dropLast()
      // An address in brackets is one of IPv6 (RFC 3986), and never empty.
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else { return nil }
    self.init(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
  }
}
