import Glibc

/// Opens listening sockets. libmicrohttpd could, but would not say why it failed.
enum ListenSocket {
  /// Opens one socket; for loopback one for IPv4 and, if the machine has it, one for IPv6 on the same port.
  static func open(_ address: ListenAddress) throws(HTTPServerError) -> (descriptors: [Int32], bound: Bound) {
    if let path = address.unixPath { return ([try open(path: path)], Bound(port: 0, isEverywhere: false)) }
    guard let host = address.host else {
      let first = try open(host: "127.0.0.1", port: address.port, shown: address)
      let bound = bound(first)
      let second = try? open(host: "::1", port: bound.port, shown: address)
      return ([first] + (second.map { [$0] } ?? []), bound)
    }
    let descriptor = try open(host: host, port: address.port, shown: address)
    return ([descriptor], bound(descriptor))
  }

  /// What a socket is bound to.
  struct Bound {
    let port: UInt16
    /// Whether it is every interface, however that was spelt: 0.0.0.0, [::], *.
    let isEverywhere: Bool
  }

  private static func open(host: String, port: UInt16, shown: ListenAddress) throws(HTTPServerError) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
      throw HTTPServerError("Cannot listen on \(shown): the host \"\(host)\" is not known; use an IP address.")
    }
    defer { freeaddrinfo(found) }
    let info = found.pointee
    let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
    guard descriptor >= 0 else { throw failure(errno, shown) }
    set(SO_REUSEADDR, at: SOL_SOCKET, of: descriptor, to: true)
    // [::] is every interface, IPv4 too; [::1] is itself only.
    if info.ai_family == AF_INET6 {
      let isEverywhere = isEverywhere(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
      set(IPV6_V6ONLY, at: Int32(IPPROTO_IPV6), of: descriptor, to: !isEverywhere)
    }
    guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 1024) == 0,
      fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
    else {
      let reason = errno
      close(descriptor)
      throw failure(reason, shown)
    }
    return descriptor
  }

  /// Opens a socket in the file system, for this user only. Replaces one that a dead process left.
  private static func open(path: String) throws(HTTPServerError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let isLive = withSocket { connects($0, &address) }
    if isLive {
      throw HTTPServerError("\(path) is in use: stop what listens there, or choose another path.")
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard descriptor >= 0, bound == 0, chmod(path, 0o600) == 0, listen(descriptor, 1024) == 0,
      fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
    else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw HTTPServerError("Cannot listen on unix:\(path): \(reason).")
    }
    return descriptor
  }

  private static func withSocket(_ body: (Int32) -> Bool) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    return body(descriptor)
  }

  private static func connects(_ descriptor: Int32, _ address: inout sockaddr_un) -> Bool {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  private static func set(_ option: Int32, at level: Int32, of descriptor: Int32, to isOn: Bool) {
    var value: Int32 = isOn ? 1 : 0
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func failure(_ reason: Int32, _ address: ListenAddress) -> HTTPServerError {
    switch reason {
    case EADDRINUSE:
      HTTPServerError(
        "Port \(address.port) is in use: stop what listens there, or choose another port, as in --http :\(other(address))."
      )
    case EACCES:
      HTTPServerError("Port \(address.port) needs root: choose one above 1023, as in --http :8080.")
    case EADDRNOTAVAIL:
      HTTPServerError("Cannot listen on \(address): this machine has no such address; use 0.0.0.0 for all of them.")
    default:
      HTTPServerError("Cannot listen on \(address): \(String(cString: strerror(reason))).")
    }
  }

  private static func other(_ address: ListenAddress) -> UInt16 { address.port < .max ? address.port + 1 : 8080 }

  private static func bound(_ descriptor: Int32) -> Bound {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard let start = bytes.baseAddress,
        getsockname(descriptor, start.assumingMemoryBound(to: sockaddr.self), &size) == 0
      else { return Bound(port: 0, isEverywhere: false) }
      let address = UnsafeRawBufferPointer(rebasing: bytes[..<Int(size)])
      // The port has the same offset in IPv4 and IPv6 addresses, in network order.
      return Bound(port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]), isEverywhere: isEverywhere(address))
    }
  }

  /// Returns whether a `sockaddr_in` or `sockaddr_in6` is INADDR_ANY or in6addr_any.
  private static func isEverywhere(_ address: UnsafeRawBufferPointer) -> Bool {
    let host = address.count == MemoryLayout<sockaddr_in>.size ? 4..<8 : 8..<24
    return address.count >= host.upperBound && address[host].allSatisfy { $0 == 0 }
  }
}
