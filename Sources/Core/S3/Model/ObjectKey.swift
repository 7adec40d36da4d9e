import Glibc

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
    left.length == right.length && compare(left, right) == 0
  }

  public static func < (left: Self, right: Self) -> Bool { compare(left, right) < 0 }

  /// As memcmp(3), which compares many bytes at a time; a listing of ten thousand names is sorted at once. The text is
  /// contiguous, see `init`.
  private static func compare(_ left: Self, _ right: Self) -> Int {
    left.string.utf8.withContiguousStorageIfAvailable { left in
      right.string.utf8.withContiguousStorageIfAvailable { right in
        let count = min(left.count, right.count)
        if count > 0, let left = left.baseAddress, let right = right.baseAddress {
          let order = memcmp(left, right, count)
          if order != 0 { return Int(order) }
        }
        return left.count - right.count
      } ?? 0
    } ?? 0
  }

  public func hash(into hasher: inout Hasher) {
    let hashed: Void? = string.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if hashed == nil { for byte in string.utf8 { hasher.combine(byte) } }
  }

  /// Whether the key begins with `prefix`, byte by byte.
  public func hasPrefix(_ prefix: ObjectKey) -> Bool { string.utf8.starts(with: prefix.string.utf8) }

  /// The key without `prefix`, which it must begin with.
  public func dropping(prefix: ObjectKey) -> String {
    String(decoding: string.utf8.dropFirst(prefix.length), as: UTF8.self)
  }
}

/// Where an object is: a bucket and a key in it.
public struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
  public let bucket: String
  public let key: ObjectKey

  public init(bucket: String, key: ObjectKey) {
    self.bucket = bucket
    self.key = key
  }

  public var description: String { "s3://\(bucket)/\(key)" }
}
