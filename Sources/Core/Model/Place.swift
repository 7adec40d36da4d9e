import Keys
import S3

/// A directory: a prefix of keys in a bucket.
struct DirectoryLocation: Hashable, Sendable {
  var bucket: String
  /// "" for the bucket itself; ends in "/", except in a continuation directory (see KeyMapping).
  var prefix: ObjectKey
  /// How many continuation directories deep this one is inside one long key segment; 0 for ordinary directories.
  var continuation = 0

  init(bucket: String, prefix: ObjectKey = "", continuation: Int = 0) {
    self.bucket = bucket
    self.prefix = prefix
    self.continuation = continuation
  }

  var isBucket: Bool { prefix.isEmpty }
  /// The key of the directory's marker object.
  var marker: ObjectReference { ObjectReference(bucket: bucket, key: prefix) }

  func object(_ segment: ByteName) -> ObjectReference {
    ObjectReference(bucket: bucket, key: KeyMapping.objectKey(prefix: prefix, segment: segment.string))
  }

  func directory(_ segment: ByteName) -> DirectoryLocation {
    DirectoryLocation(bucket: bucket, prefix: KeyMapping.directoryPrefix(prefix: prefix, segment: segment.string))
  }

  /// The directory above and the segment below it; nil for a bucket.
  var parent: (location: DirectoryLocation, segment: ByteName)? {
    guard !prefix.isEmpty else { return nil }
    let bytes = prefix.string.utf8
    let end = bytes.last == UInt8(ascii: "/") ? bytes.index(before: bytes.endIndex) : bytes.endIndex
    return splitLastSegment(bucket: bucket, bytes: bytes[..<end])
  }

  /// A request that checks whether any key is below: it lists one key at most.
  var firstKey: ListRequest { ListRequest(bucket: bucket, prefix: prefix, maxKeys: 1) }

  /// Returns whether `other` is this directory or below it.
  func contains(_ other: DirectoryLocation) -> Bool { bucket == other.bucket && other.prefix.hasPrefix(prefix) }
}

/// A key segment or a path component: text compared byte by byte ("é" in one scalar is not "é" in two).
typealias ByteName = ObjectKey

extension ObjectKey {
  /// A text shortly before this one, and not before many others. nil: its last character has no neighbour in ASCII.
  var justBefore: ObjectKey? {
    var bytes = Array(string.utf8)
    // "/", before "0", would be within another directory.
    guard let last = bytes.last, last > UInt8(ascii: "!"), last < 0x7F, last != UInt8(ascii: "0") else { return nil }
    bytes[bytes.count - 1] = last - 1
    return ObjectKey(String(decoding: bytes, as: UTF8.self) + "~")
  }
}

extension ObjectReference {
  /// The directory that holds the object, and its segment there.
  var parent: (location: DirectoryLocation, segment: ByteName) {
    splitLastSegment(bucket: bucket, bytes: key.string.utf8[...])
  }
}

private func splitLastSegment(
  bucket: String, bytes: Substring.UTF8View
) -> (location: DirectoryLocation, segment: ByteName) {
  let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
  let prefix = String(decoding: bytes[..<start], as: UTF8.self)
  let segment = String(decoding: bytes[start...], as: UTF8.self)
  return (DirectoryLocation(bucket: bucket, prefix: ObjectKey(prefix)), ByteName(segment))
}

/// The place that an inode represents. A place names one inode at a time.
enum Place: Hashable, Sendable {
  case root
  case directory(DirectoryLocation)
  case object(ObjectReference)
}

extension Place {
  /// The preferred inode number of a place: an FNV-1a hash, so that it is the same after a remount (git and rsync
  /// compare it).
  var preferredInode: InodeNumber {
    switch self {
    case .root: return .root
    case .directory(let location): return hash(location.bucket, location.prefix, kind: UInt8(ascii: "d"))
    case .object(let reference): return hash(reference.bucket, reference.key, kind: UInt8(ascii: "o"))
    }
  }

  private func hash(_ bucket: String, _ key: ObjectKey, kind: UInt8) -> InodeNumber {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    add(kind)
    for byte in bucket.utf8 { add(byte) }
    add(UInt8(ascii: "/"))
    for byte in key.string.utf8 { add(byte) }
    hash ^= hash >> 32
    // 0 means none, 1 the root, and 0xffffffff "unknown" to libfuse.
    return InodeNumber(rawValue: hash > 0xffff_ffff ? hash : hash | 1 << 40)
  }
}

extension Place {
  /// Returns where this place is after `source` was renamed to `destination`; nil if it is not at or below `source`.
  func moved(from source: DirectoryLocation, to destination: DirectoryLocation) -> Place? {
    switch self {
    case .directory(var location) where source.contains(location):
      location.bucket = destination.bucket
      location.prefix = ObjectKey(destination.prefix.string + location.prefix.dropping(prefix: source.prefix))
      return .directory(location)
    case .object(let reference) where reference.bucket == source.bucket && reference.key.hasPrefix(source.prefix):
      return .object(reference.moved(from: source, to: destination))
    default:
      return nil
    }
  }
}

extension ObjectReference {
  /// Returns where this object is after the directory `source`, which it is in, was renamed to `destination`.
  func moved(from source: DirectoryLocation, to destination: DirectoryLocation) -> ObjectReference {
    ObjectReference(
      bucket: destination.bucket,
      key: ObjectKey(destination.prefix.string + key.dropping(prefix: source.prefix)))
  }
}

extension Place {
  /// nil for the root.
  var path: ObjectPath? {
    switch self {
    case .root: nil
    case .directory(let location): ObjectPath(location)
    case .object(let reference): ObjectPath(reference)
    }
  }
}

extension ObjectPath {
  init(_ reference: ObjectReference) { self.init(bucket: reference.bucket, key: reference.key) }
  init(_ location: DirectoryLocation) { self.init(bucket: location.bucket, key: location.prefix) }

  var reference: ObjectReference { ObjectReference(bucket: bucket, key: key) }
  var location: DirectoryLocation { DirectoryLocation(bucket: bucket, prefix: key) }
}
