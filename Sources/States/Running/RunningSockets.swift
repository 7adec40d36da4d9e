import Glibc
import S3

/// The directories of the sockets by which the running localstackmounts of one user are found.
///
/// `localstackmount` in XDG_RUNTIME_DIR or /run/user/UID, else `localstackmount-UID` in /tmp: the first that can be
/// created is used for listening, and all are searched, because not every shell of a user has XDG_RUNTIME_DIR. A
/// directory belongs to the user and is closed to all others (mode 0700); any other is not used. A socket is named by
/// its endpoint and process. It gets its name only when it is listening: one that refuses connections was left by a
/// dead process, and is removed.
package struct RunningSockets: Sendable {
  private let directories: [String]

  package init(environment: [String: String]) {
    let given = environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let usual = "/run/user/\(getuid())"
    let shared = [given, given == usual ? nil : usual].compactMap { $0 }
    directories = shared.map { $0 + "/localstackmount" } + ["/tmp/localstackmount-\(getuid())"]
  }

  private static func isPrivate(_ directory: String) -> Bool {
    var status = stat()
    return lstat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == getuid()
      && status.st_mode & 0o077 == 0
  }

  private static func prefix(_ endpoint: String) -> String {
    let digits = String(StableHash.of(Array(EndpointName.plain(endpoint).utf8)), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits + "-"
  }

  /// Returns a new name for the socket of this process, and the temporary one that it has until it listens. nil without
  /// a directory.
  func newPaths(_ endpoint: String) -> (path: String, temporary: String)? {
    let directory = directories.first { directory in
      mkdir(directory, 0o700)
      return Self.isPrivate(directory)
    }
    guard let directory else { return nil }
    let name = "\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
    return ("\(directory)/\(Self.prefix(endpoint))\(name)", "\(directory)/.\(name)")
  }

  /// Connects to each running localstackmount of the endpoint, except for this process. Throws where one accepts no
  /// connection.
  package func connect(_ endpoint: String) throws(StateFailure) -> [LocalSocket] {
    let prefix = Self.prefix(endpoint)
    var found: [LocalSocket] = []
    for path in paths where path.split(separator: "/").last?.hasPrefix(prefix) == true {
      let socket = LocalSocket(connectingTo: path)
      if socket == nil, errno == EAGAIN {
        throw StateFailure(
          .trouble, "a localstackmount of \(endpoint) does not answer: what it holds is not known (\(path))")
      }
      guard let socket, let peer = socket.peer, peer.user == getuid(), peer.process != getpid() else { continue }
      found.append(socket)
    }
    return found
  }

  /// Removes the sockets of dead processes, of all endpoints.
  package func removeStale() {
    for path in paths {
      // Until it listens a socket has a hidden name, which stays if its process dies then.
      if let process = Self.hiddenOwner(path) {
        if kill(process, 0) != 0, errno == ESRCH { FileAccess.remove(path) }
      } else if LocalSocket(connectingTo: path) == nil, errno == ECONNREFUSED {
        FileAccess.remove(path)
      }
    }
  }

  private var paths: [String] {
    directories.filter(Self.isPrivate).flatMap { directory in
      (FileAccess.names(in: directory) ?? []).map { "\(directory)/\($0)" }
    }
  }

  private static func hiddenOwner(_ path: String) -> pid_t? {
    guard let name = path.split(separator: "/").last, name.utf8.first == UInt8(ascii: ".") else { return nil }
    return pid_t(name.dropFirst().prefix { $0 != "-" })
  }
}
