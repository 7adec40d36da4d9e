import Glibc
package import S3

/// Decides whether objects may be deleted at an endpoint: only at a local emulator.
package enum Safety {
  /// Throws `.refused` (exit code 3) unless the endpoint is local. `isForced` lets other endpoints pass, but never AWS.
  package static func require(
    local endpoint: Endpoint, for what: String, isForced: Bool, resolve: (String) -> [String] = addresses
  ) throws(StateFailure) {
    if isAWS(endpoint.host) {
      throw StateFailure(.refused, "\(what) deletes objects, and \(endpoint) is AWS: it never runs there")
    }
    if isForced { return }
    let host = endpoint.host.filter { $0 != "[" && $0 != "]" }
    let found = resolve(host)
    // A name that does not resolve cannot be reached either: the request will report it.
    guard isEmulatorName(host) || (!found.isEmpty && found.allSatisfy(isLocal)) else {
      let place = found.first { !isLocal($0) } ?? "an unknown address"
      throw StateFailure(
        .refused,
        "\(what) deletes objects, and \(endpoint) is not local (\(place)): it runs on loopback and private addresses only. "
          + "If the buckets there may be changed, say --force")
    }
  }

  private static func isAWS(_ host: String) -> Bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev"].contains { host.hasSuffix($0) }
      || host == "amazonaws.com"
  }

  /// Returns whether a host has a name that emulators use, even where it resolves to a public address of the loopback
  /// kind.
  private static func isEmulatorName(_ host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "localhost.localstack.cloud"
      || host.hasSuffix(".localhost.localstack.cloud") || host == "host.docker.internal"
  }

  /// Returns whether a numeric address is a loopback, private or link-local one.
  package static func isLocal(_ address: String) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, address, &four) == 1 {
      let value = UInt32(bigEndian: four.s_addr)
      return isLocal(UInt8(value >> 24), UInt8(value >> 16 & 0xFF))
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, address, &six) == 1 else { return false }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes.last == 1 { return true }
    // An IPv4 address in IPv6 form.
    if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
      return isLocal(bytes[12], bytes[13])
    }
    return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
  }

  private static func isLocal(_ first: UInt8, _ second: UInt8) -> Bool {
    switch (first, second) {
    case (127, _), (10, _), (192, 168), (172, 16...31), (169, 254): true
    default: false
    }
  }

  /// Returns all addresses of a host, as text.
  package static func addresses(_ host: String) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [String] = []
    var next = list
    while let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let result = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      if result == 0 {
        let address = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // Without the interface's name, which link-local addresses of IPv6 contain.
        found.append(String(String(decoding: address, as: UTF8.self).prefix { $0 != "%" }))
      }
      next = entry.pointee.ai_next
    }
    return found
  }
}
