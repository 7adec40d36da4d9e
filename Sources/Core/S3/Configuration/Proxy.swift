import Glibc

/// The proxy between this machine and the endpoint, chosen as curl(1) chooses it.
public struct Proxy: Hashable, Sendable {
  /// As it was given, with its user and password.
  let url: String
  /// The variable that names it.
  public let variable: String
  /// The host that is requested through it.
  let host: String

  /// Returns the proxy for an endpoint; nil if requests go there directly: to a local endpoint always, to another if
  /// NO_PROXY names its host.
  public static func used(for endpoint: Endpoint, environment: [String: String]) -> Proxy? {
    guard !endpoint.isLocal else { return nil }
    // Not HTTP_PROXY: a web server would set it from a header of the request (CVE-2016-5385).
    let own = endpoint.scheme == .http ? ["http_proxy"] : ["https_proxy", "HTTPS_PROXY"]
    guard let variable = (own + ["all_proxy", "ALL_PROXY"]).first(where: { environment.value($0) != nil }),
      let url = environment.value(variable)
    else { return nil }
    let exempt = environment.value("no_proxy") ?? environment.value("NO_PROXY") ?? ""
    return exempts(exempt, endpoint.host) ? nil : Proxy(url: url, variable: variable, host: endpoint.host)
  }

  /// Returns the fault, with the proxy's name and what can be done. `fault` is libcurl's message, or what the proxy
  /// answered.
  func sentence(_ fault: String) -> String {
    "the proxy \(self) (\(variable)) does not lead there (\(withoutSecret(fault))): start or correct it, or go without "
      + "it by NO_PROXY=\(host)"
  }

  /// Returns libcurl's message without the password, which it quotes where it cannot parse the URL.
  private func withoutSecret(_ text: String) -> String { text.replacing(url, with: description) }

  // MARK: NO_PROXY

  /// Returns whether the list names the host: by its name, a domain that it is in, its address, or a network as
  /// `10.0.0.0/8`; `*` names all.
  private static func exempts(_ list: String, _ host: String) -> Bool {
    let name = String(host.filter { $0 != "[" && $0 != "]" })
    return list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { entry in
      let entry = String(entry.lowercased().filter { $0 != "[" && $0 != "]" })
      return entry == "*" || (bytes(name) == nil ? isDomain(entry, of: name) : isNetwork(entry, of: name))
    }
  }

  private static func isDomain(_ entry: String, of name: String) -> Bool {
    let domain = entry.hasPrefix(".") ? String(entry.dropFirst()) : entry
    return !domain.isEmpty && (name == domain || name.hasSuffix(".\(domain)"))
  }

  private static func isNetwork(_ entry: String, of address: String) -> Bool {
    let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
    guard let network = parts.first.flatMap({ bytes(String($0)) }), let address = bytes(address), parts.count <= 2,
      network.count == address.count
    else { return false }
    guard parts.count == 2 else { return network == address }
    guard let length = Int(parts[1]), (0...network.count * 8).contains(length) else { return false }
    return (0..<length).allSatisfy { bit in
      (network[bit / 8] ^ address[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
    }
  }

  /// Returns the bytes of an IPv4 or IPv6 address; nil for a name.
  private static func bytes(_ text: String) -> [UInt8]? {
    for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: length)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}

extension Proxy: CustomStringConvertible {
  /// Without user and password.
  public var description: String {
    let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    let end = url[start...].firstIndex(of: "/") ?? url.endIndex
    guard let at = url[start..<end].lastIndex(of: "@") else { return url }
    return "\(url[..<start])\(url[url.index(after: at)...])"
  }
}
