import CCrypt
import Dispatch
import Glibc
import Synchronization

/// The users of `--auth-file`: lines `user:hash`, with hashes of crypt(3).
///
/// Hashes are slow on purpose, so they are checked on one dedicated thread, and verified credentials are cached in memory
/// until the process ends.
final class PasswordFile: Sendable {
  /// The methods of crypt(5) that are considered strong: SHA-512, SHA-256, yescrypt, bcrypt.
  private static let methods = ["$6$", "$5$", "$y$", "$2b$", "$2y$"]
  /// A hash to check for unknown users, so that they take as long as known ones.
  private static let decoy = "$6$localstackmount$"
  private static let thread = DispatchQueue(label: "localstackmount.http.passwords")

  private let hashes: [String: String]
  private let known = Mutex<[String: [UInt8]]>([:])

  /// Parses the file's text. Ignores empty lines and those that begin with `#`.
  init(text: String) throws(HTTPServerError) {
    var hashes: [String: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, Self.methods.contains(where: parts[1].hasPrefix) else {
        throw HTTPServerError(
          "Line \(index + 1) of the --auth-file is not USER:HASH with a hash of crypt(3); make one with: openssl passwd -6"
        )
      }
      hashes[String(parts[0])] = String(parts[1])
    }
    guard !hashes.isEmpty else { throw HTTPServerError("The --auth-file names no user.") }
    self.hashes = hashes
  }

  /// Returns whether a user name and password are correct.
  func matches(_ given: (user: String, password: [UInt8])) async -> Bool {
    if let password = known.withLock({ $0[given.user] }),
      BasicCredentials.equalInConstantTime(given.password, password)
    {
      return true
    }
    let expected = hashes[given.user]
    // crypt would truncate a password at a NUL.
    guard given.password.count <= 512, !given.password.contains(0) else { return false }
    let isRight = await withCheckedContinuation { continuation in
      Self.thread.async {
        let hash = Self.hash(given.password, like: expected ?? Self.decoy)
        let isEqual = hash.map { BasicCredentials.equalInConstantTime(Array($0.utf8), Array((expected ?? "").utf8)) }
        continuation.resume(returning: isEqual == true && expected != nil)
      }
    }
    if isRight { known.withLock { $0[given.user] = given.password } }
    return isRight
  }

  /// Returns `nil` if this system's crypt(3) does not support the method.
  static func hash(_ password: [UInt8], like setting: String) -> String? {
    let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    defer { data.deallocate() }
    // All of it is bytes; crypt_r requires that `initialized` is zero.
    memset(data, 0, MemoryLayout<crypt_data>.size)
    let phrase = password.map { CChar(bitPattern: $0) } + [0]
    guard let hash = crypt_r(phrase, setting, data) else { return nil }
    let text = String(cString: hash)
    return text.hasPrefix("*") ? nil : text
  }
}
