private import Glibc

/// An object's key, or a prefix of keys: UTF-8 text compared byte by byte, as S3 does.
///
/// `String` compares by canonical equivalence ("é" in one scalar equals "é" in two), S3 does not: two such keys are
/// two objects. Keys order by their bytes, which is also the order of a listing.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// The longest key S3 accepts, in UTF-8 bytes.
  public static let maximumLength = 1024

  public let string: String

  public init(_ string: String) {
    var native = string
    native.makeContiguousUTF8()
    self.string = native
  }

  public init(stringLiteral value: String) { self.init(value) }

  public var description: String { string }
  public var isEmpty: Bool { string.utf8.isEmpty }
  /// The length in UTF-8 bytes, which is what S3 limits.
  public var length: Int { string.utf8.count }

  public static func == (left: Self, right: Self) -> Bool {
    left.withBytes { left in
      right.withBytes { right in left.count == right.count && compare(left, right, left.count) == 0 }
    }
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.withBytes { left in
      right.withBytes { right in
        let order = compare(left, right, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }

  public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) } }

  /// Returns whether the key begins with `prefix`, byte by byte.
  public func hasPrefix(_ prefix: ObjectKey) -> Bool {
    withBytes { bytes in
      prefix.withBytes { $0.count <= bytes.count && Self.compare($0, bytes, $0.count) == 0 }
    }
  }

  /// Returns the length of the common prefix in bytes.
  public func commonLength(with other: ObjectKey) -> Int {
    withBytes { bytes in
      other.withBytes { other in
        let most = min(bytes.count, other.count)
        return (0..<most).first { bytes[$0] != other[$0] } ?? most
      }
    }
  }

  /// Returns the eight bytes from an offset on, zeros after the end, as a number. Of keys that are the same before the
  /// offset, the one with the smaller number is the smaller one.
  public func number(from offset: Int) -> UInt64 {
    withBytes { bytes in
      var number: UInt64 = 0
      for index in offset..<offset + 8 { number = number << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
      return number
    }
  }

  // Listings compare keys by the ten thousand: memcmp(3), because a loop over a string's view takes ten times as long.

  private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    // The bytes are contiguous: `init` ensures it.
    string.utf8.withContiguousStorageIfAvailable(body) ?? Array(string.utf8).withUnsafeBufferPointer(body)
  }

  private static func compare(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, _ count: Int
  ) -> Int32 {
    guard count > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
    return memcmp(left, right, count)
  }

  /// Returns the key without `prefix`, which it must begin with.
  public func dropping(prefix: ObjectKey) -> String {
    String(decoding: string.utf8.dropFirst(prefix.length), as: UTF8.self)
  }
}

/// The location of an object: a bucket and a key in it.
public struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
  public let bucket: String
  public let key: ObjectKey

  public init(bucket: String, key: ObjectKey) {
    self.bucket = bucket
    self.key = key
  }

  public var description: String { "s3://\(bucket)/\(key)" }
}
