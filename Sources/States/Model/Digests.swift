import S3

/// An MD5 as a value: 16 bytes instead of a string of 32.
package struct MD5Digest: Hashable, Sendable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64

  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == 16)
    high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Returns `nil` unless the text is 32 hexadecimal digits.
  package init?(hexadecimal digits: some Collection<UInt8>) {
    guard digits.count == 32, let high = UInt64(hexadecimal: digits.prefix(16)),
      let low = UInt64(hexadecimal: digits.dropFirst(16))
    else { return nil }
    self.high = high
    self.low = low
  }

  package init?(hexadecimal text: some StringProtocol) {
    // By the string's own storage: the ETags of a listing are read so.
    guard
      let digest = text.utf8.withContiguousStorageIfAvailable({ Self(hexadecimal: $0) }) ?? Self(hexadecimal: text.utf8)
    else { return nil }
    self = digest
  }

  package var bytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
  }

  package var description: String { Hexadecimal.encode(bytes) }
  static let ofNothing = MD5Digest(hexadecimal: "d41d8cd98f00b204e9800998ecf8427e")!
}

/// A SHA-256, which names bytes in the snapshot store.
package struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == 32)
    func word(_ index: Int) -> UInt64 { bytes[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    words = (word(0), word(1), word(2), word(3))
  }

  /// Returns `nil` unless the text is 64 hexadecimal digits.
  package init?(hexadecimal digits: some Collection<UInt8>) {
    guard digits.count == 64 else { return nil }
    var rest = digits[...]
    func word() -> UInt64? {
      defer { rest = rest.dropFirst(16) }
      return UInt64(hexadecimal: rest.prefix(16))
    }
    guard let first = word(), let second = word(), let third = word(), let fourth = word() else { return nil }
    words = (first, second, third, fourth)
  }

  package init?(hexadecimal text: String) { self.init(hexadecimal: text.utf8) }

  package var description: String {
    Hexadecimal.encode(
      [words.0, words.1, words.2, words.3].flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
      })
  }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}

extension UInt64 {
  /// Reads a number of at most 16 hexadecimal digits; `nil` if there is anything else.
  init?(hexadecimal digits: some Collection<UInt8>) {
    let number =
      digits.withContiguousStorageIfAvailable { Hexadecimal.number($0) }
      ?? Array(digits).withUnsafeBufferPointer { Hexadecimal.number($0) }
    guard let number else { return nil }
    self = number
  }
}

/// Both digests of the same bytes.
package struct ContentDigests: Hashable, Sendable {
  package let md5: MD5Digest
  package let sha256: SHA256Digest
}

/// The information in an ETag about bytes.
enum ETagForm: Hashable {
  /// The ETag of one PUT without encryption by a key: the MD5.
  case md5(MD5Digest)
  /// The ETag of an upload in parts: the MD5 of their MD5s, and their number.
  case parts(MD5Digest, count: Int)
  case opaque

  init(_ etag: ETag) {
    // Nearly all are of this form, and a comparison looks at each.
    if let digest = MD5Digest(hexadecimal: etag.value) {
      self = .md5(digest)
      return
    }
    let pieces = etag.value.split(separator: "-", omittingEmptySubsequences: false)
    if pieces.count == 2, let digest = MD5Digest(hexadecimal: pieces[0]), let count = Int(pieces[1]),
      (1...10_000).contains(count)
    {
      self = .parts(digest, count: count)
    } else {
      self = .opaque
    }
  }

  /// The part sizes that clients use by default, in MiB: ours, the AWS tools' and SDKs', rclone's, s5cmd's and others'.
  private static let usualMegabytes: [Int64] = [5, 6, 7, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024]

  /// Returns the usual part sizes with which an object of this size has so many parts.
  static func partSizes(of size: Int64, count: Int) -> [Int64] {
    let usual = usualMegabytes.map { $0 << 20 }
    // The size that an SDK uses for an object that would have more than 10,000 parts of its usual size.
    let divided = [10_000, count].map { (size + Int64($0) - 1) / Int64($0) }
    return (usual + divided).filter { $0 > 0 && (size + $0 - 1) / $0 == Int64(count) }
  }
}
