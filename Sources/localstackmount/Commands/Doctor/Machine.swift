private import Basics
private import Core
private import Glibc
internal import HTTPFront
private import S3

#if FUSE
  private import FuseFront
#endif

/// Checks this machine for `doctor`.
enum Machine {
  /// "localstackmount 0.1.0, libfuse 3.14.0, Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64, glibc 2.36".
  static var title: String {
    var parts = ["localstackmount \(version)"]
    #if FUSE
      parts.append("libfuse \(FuseDiagnosis.libraryVersion)")
    #endif
    if let system = distribution { parts.append(system) }
    var names = utsname()
    if uname(&names) == 0 {
      parts.append("\(text(of: &names.sysname)) \(text(of: &names.release)) \(text(of: &names.machine))")
    }
    var library = [CChar](repeating: 0, count: 64)
    let length = confstr(Int32(_CS_GNU_LIBC_VERSION), &library, library.count)
    if length > 1 {
      parts.append(String(decoding: library[..<(length - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return parts.joined(separator: ", ")
  }

  private static var distribution: String? {
    let line = TextFile.read("/etc/os-release")?.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
    return line.map { String($0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }) }
  }

  private static func text<Field>(of field: inout Field) -> String {
    withUnsafeBytes(of: &field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }

  // MARK: The gateway's address

  static func port(_ address: ListenAddress) -> Finding {
    if let path = address.unixPath {
      let directory = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
      return access(directory.isEmpty ? "/" : directory, W_OK) == 0
        ? Finding("http", "\(address) can be made")
        : .toDo("http", "\(directory) is not writable by you: name another place for the socket")
    }
    let hosts = address.host.map { [$0] } ?? ["127.0.0.1", "::1"]
    for host in hosts {
      switch bindFailure(host, address.port) {
      case nil: continue
      // Without IPv6 the gateway uses IPv4.
      case EAFNOSUPPORT where address.host == nil, EADDRNOTAVAIL where address.host == nil: continue
      case EADDRINUSE:
        return .toDo(
          "http",
          "\(address) is in use: `ss -ltnp 'sport = :\(address.port)'` names who has it; --http takes another port")
      case EACCES: return .toDo("http", "port \(address.port) is for root: --http takes one from 1024 on")
      case let code?:
        return .toDo("http", "\(address) cannot be listened at: \(String(cString: strerror(code)))")
      }
    }
    return Finding("http", "\(address) is free")
  }

  /// Tries to listen, and stops at once. Returns the errno; `nil` on success.
  private static func bindFailure(_ host: String, _ port: UInt16) -> Int32? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else { return EADDRNOTAVAIL }
    defer { freeaddrinfo(first) }
    let listener = socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
    guard listener >= 0 else { return errno }
    defer { close(listener) }
    var yes: Int32 = 1
    // As the gateway itself does: lingering connections of an earlier one are no obstacle.
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let isFree =
      bind(listener, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 && listen(listener, 1) == 0
    return isFree ? nil : errno
  }

  // MARK: The cache directory and descriptors

  /// The minimum free space, in bytes, that unsaved bytes and cached contents need.
  private static let littleSpace: UInt64 = 1 << 30

  static func cache(_ directory: String) -> Finding {
    if let problem = PrivateDirectory.problem(directory) {
      return .toDo("cache", "\(problem.path) cannot be used: \(problem.reason); \(problem.remedy)")
    }
    let unsaved = RecoverableFile.all(in: directory)
    let left = unsaved.filter { !$0.isRunning }.count
    if left > 0 {
      return .toDo("cache", "\(directory): \(left) files of earlier runs are not in S3: `localstackmount recover`")
    }
    var figures = statvfs()
    guard statvfs(PrivateDirectory.nearestExisting(directory), &figures) == 0 else {
      return Finding("cache", directory)
    }
    let free = UInt64(figures.f_bavail) * UInt64(figures.f_frsize)
    let text = "\(directory): \(free >> 30) GiB free"
    if free < littleSpace { return .toDo("cache", "\(text), which is little: --cache-dir names another place") }
    return Finding("cache", unsaved.isEmpty ? text : "\(text), \(unsaved.count) files are on their way to S3")
  }

  /// The minimum of descriptors: a connection or a large unsaved file takes one each.
  private static let fewDescriptors: rlim_t = 4096

  static var descriptors: Finding {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return Finding("descriptors", "no limit is known")
    }
    let text = limit.rlim_max == rlim_t.max ? "no limit" : "up to \(limit.rlim_max)"
    guard limit.rlim_max < fewDescriptors else { return Finding("descriptors", text) }
    return .toDo(
      "descriptors", "\(text), which is few: `ulimit -Hn \(fewDescriptors)` as root, or LimitNOFILE= in the unit")
  }
}
