import CMicrohttpd
import Glibc

/// Who is at the other end of a connection.
enum ClientAddress {
  /// The IP address; "" where there is none, as over a unix socket.
  static func text(of connection: OpaquePointer) -> String {
    guard let address = cmicrohttpd_client_address(connection) else { return "" }
    let size: Int
    switch Int32(address.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return ""
    }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = getnameinfo(address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return "" }
    return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
