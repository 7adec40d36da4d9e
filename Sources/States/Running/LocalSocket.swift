import Basics
import Glibc

/// One end of a connection between two processes of this machine, which exchange lines of JSON.
package final class LocalSocket: Sendable {
  let descriptor: Int32

  /// Takes over an open descriptor.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Connects without waiting. Returns `nil` if no process listens there (see `errno`); EAGAIN means one that accepts
  /// no connections.
  convenience init?(connectingTo path: String) {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return nil }
    guard Self.with(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let reason = errno
      close(descriptor)
      errno = reason
      return nil
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    self.init(descriptor)
  }

  /// Calls `body` with the address of a path. A path that is too long for an address is reached through its directory's
  /// descriptor.
  static func with(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      let directory = open(parts.dropLast().joined(separator: "/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0, let name = parts.last, name.utf8.count < 64 else { return -1 }
      defer { close(directory) }
      return with("/proc/self/fd/\(directory)/\(name)", body)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// The process at the other end, according to the kernel; for a listening socket the one that created it.
  var peer: (process: pid_t, user: uid_t)? {
    // `struct ucred` of unix(7), which Glibc declares for GNU sources only.
    var credentials: (process: pid_t, user: uid_t, group: gid_t) = (0, 0, 0)
    var size = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    return (credentials.process, credentials.user)
  }

  /// Sends a line. Returns false if the other end is gone, or receives nothing for `patience`.
  func send(_ json: JSONValue, patience: Duration = LocalSocket.patience) -> Bool {
    let bytes = Array((json.compact + "\n").utf8)
    var done = 0
    return bytes.withUnsafeBytes { buffer in
      while done < buffer.count {
        guard wait(for: Int16(POLLOUT), patience) else { return false }
        // Without SIGPIPE, which would end a process that has not blocked it.
        let count = Glibc.send(
          descriptor, buffer.baseAddress! + done, buffer.count - done, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  /// How long the other end may be silent.
  static let patience = Duration.seconds(10)
  /// The longest message, in bytes.
  private static let longestLine = 16 << 20

  /// Receives a line. Returns `nil` if none arrives within `patience`, or the other end is gone.
  func receive(patience: Duration = LocalSocket.patience) -> JSONValue? {
    var line: [UInt8] = []
    while line.count < Self.longestLine {
      guard wait(for: Int16(POLLIN), patience) else { return nil }
      guard let piece = FileAccess.next(descriptor, atMost: 64 << 10), !piece.isEmpty else { return nil }
      line += piece
      // Only one line is in flight at a time: it is complete when it ends so.
      if piece.last == UInt8(ascii: "\n") { return try? JSONValue.parse(Array(line.dropLast())) }
    }
    return nil
  }

  /// Whether the other end has closed the connection.
  var isClosed: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0 || errno == ECONNRESET
  }

  private func wait(for events: Int16, _ patience: Duration) -> Bool {
    let end = ContinuousClock.now + patience
    while true {
      let left = end - .now
      guard left > .zero else { return false }
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let count = poll(&entry, 1, Int32(left / .milliseconds(1)) + 1)
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
    }
  }
}
