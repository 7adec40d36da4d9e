import S3

/// The index of the cached files on disk, by file name. Pure: the caller removes files.
struct DiskCacheIndex: Sendable {
  struct Entry: Hashable, Sendable {
    /// The size on disk.
    var bytes: Int64
    /// In seconds since 1970.
    var used: Int64
  }

  /// The maximum number of files. An entry takes about 50 bytes in memory: this many stay far below what `--memory`
  /// counts.
  static let mostFiles = 1 << 16

  private(set) var entries: [DiskCacheName: Entry] = [:]
  /// The size of all files on disk.
  private(set) var bytes: Int64 = 0

  func contains(_ name: DiskCacheName) -> Bool { entries[name] != nil }

  mutating func set(_ name: DiskCacheName, _ entry: Entry) {
    bytes += entry.bytes - (entries.updateValue(entry, forKey: name)?.bytes ?? 0)
  }

  @discardableResult
  mutating func remove(_ name: DiskCacheName) -> Bool {
    guard let entry = entries.removeValue(forKey: name) else { return false }
    bytes -= entry.bytes
    return true
  }

  /// Returns whether the limits are exceeded.
  func isOver(_ limit: Int64) -> Bool { bytes > limit || entries.count > Self.mostFiles }

  /// Removes the least recently used entries until there is some room again. Returns them. Cost: O(n log n).
  mutating func removeOldest(limit: Int64) -> [DiskCacheName] {
    guard isOver(limit) else { return [] }
    let (mostBytes, mostFiles) = (limit / 10 * 9, Self.mostFiles / 10 * 9)
    var removed: [DiskCacheName] = []
    for (name, _) in entries.sorted(by: { $0.value.used < $1.value.used }) {
      guard bytes > mostBytes || entries.count > mostFiles else { break }
      remove(name)
      removed.append(name)
    }
    return removed
  }
}

/// The name of an object's file: a hash of its bucket and key, so that each version replaces the one before. A
/// collision of two objects does no harm: the file identifies its object.
struct DiskCacheName: Hashable, Sendable {
  let hash: UInt64

  init(_ reference: ObjectReference) {
    hash = StableHash.of(Array(reference.bucket.utf8) + [0] + Array(reference.key.string.utf8))
  }

  /// Parses a file's name; nil if it is not such a name.
  init?(_ fileName: String) {
    guard let hash = UInt64(fileName, radix: 16) else { return nil }
    self.hash = hash
    // Rejects "+" and capital letters.
    guard self.fileName == fileName else { return nil }
  }

  var fileName: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
