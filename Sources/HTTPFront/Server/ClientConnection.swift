import CMicrohttpd
import Glibc

/// A client's connection, as libmicrohttpd knows it while one request on it is answered.
///
/// libmicrohttpd keeps the pointer valid while the request lives. Other threads use it for `MHD_resume_connection` only,
/// which may be called from any thread, and only while the connection is suspended.
struct ClientConnection: @unchecked Sendable {
  /// What a content reader returns at the end of the body.
  static let contentEnd = -1
  /// The return value of a content reader that aborts the transfer.
  static let contentFailed = -2

  let pointer: OpaquePointer

  func suspend() { MHD_suspend_connection(pointer) }
  func resume() { MHD_resume_connection(pointer) }

  /// The client's IP address; "" over a unix socket.
  var clientAddress: String {
    guard let address = cmicrohttpd_client_address(pointer) else { return "" }
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
