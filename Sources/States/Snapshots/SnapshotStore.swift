import Basics
import Glibc
import S3

/// Snapshots on this machine: a manifest each, and blobs named by the SHA-256 of their bytes, which all snapshots
/// share.
///
///     snapshots/NAME.jsonl      a line about the snapshot, then one for each bucket and each object
///     blobs/ab/cdef…            the bytes
///     blobs/index               MD5, size and SHA-256 of blobs, to find them by an ETag
///
/// A blob or manifest gets its name when it is completely written (`PartialFiles`). Bytes that the disk lost in a power
/// failure are detected when they are read. One run writes at a time.
package struct SnapshotStore: Sendable {
  package static let schemaVersion = 1

  let cache: StateCache

  package init(_ cache: StateCache) { self.cache = cache }

  package struct Summary: Sendable {
    package let name: String
    /// Seconds since 1970.
    package let created: Int64
    package let endpoint: String
    package let buckets: Int
    package let objects: Int
    package let bytes: Int64
  }

  // MARK: Names

  package static func validate(_ name: String) throws(StateFailure) {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-._".utf8.contains(byte)
    }
    guard !name.isEmpty, isPlain, name.utf8.count <= 100, name.utf8.first != UInt8(ascii: "."), name != "now" else {
      throw StateFailure(
        .usage, "\"\(name)\" cannot be a snapshot's name: letters, digits, hyphens, dots and underscores; not \"now\"")
    }
  }

  func manifest(_ name: String) -> String { cache.manifest(name).path }

  package func has(_ name: String) -> Bool {
    (try? Self.validate(name)) != nil && FileAccess.status(manifest(name)) != nil
  }

  package var names: [String] {
    (FileAccess.names(in: cache.snapshots) ?? []).filter { $0.hasSuffix(".jsonl") }.map { String($0.dropLast(6)) }
  }

  func blob(_ digest: SHA256Digest) -> String {
    let text = digest.description
    return "\(cache.blobs)/\(text.prefix(2))/\(text.dropFirst(2))"
  }

  /// Locks the store against other writers, until the result is released.
  func lock() async throws(StateFailure) -> BucketLocks {
    try await BucketLocks.acquire(["snapshots"], of: "store", in: cache) { _ in }
  }

  // MARK: Reading

  /// Reads a snapshot as a state. The bytes stay in the store.
  package func state(_ name: String) throws(StateFailure) -> State {
    try Self.validate(name)
    guard FileAccess.status(manifest(name)) != nil else {
      let known = names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))"
      throw StateFailure(.trouble, "there is no snapshot \"\(name)\", and no directory of that name; \(known)")
    }
    return try read(manifest(name), name)
  }

  /// Reads a manifest. Its buckets precede their objects, and those are in the order of their keys, which a comparison
  /// needs. `damaged` is thrown for an invalid file.
  func read(_ path: String, _ name: String, damaged: StateFailure? = nil) throws(StateFailure) -> State {
    let damaged = damaged ?? self.damaged(name)
    var state = State(buckets: [:], source: SnapshotSource(store: self, name: name))
    var head: JSONValue?
    var isSound = true
    // Most objects have the same properties: one copy in memory.
    var known: Set<StatedProperties> = []
    let isRead = FileAccess.forEachLine(of: path) { line in
      guard let json = try? JSONValue.parse(Array(line)) else {
        isSound = false
        return false
      }
      guard head != nil else {
        head = json
        return json["schemaVersion"]?.int == Int64(Self.schemaVersion)
      }
      isSound = Self.add(json, to: &state, &known)
      return isSound
    }
    guard isRead else { throw .disk("read", path) }
    guard isSound, let head, let version = head["schemaVersion"]?.int else { throw damaged }
    guard version == Self.schemaVersion else {
      throw StateFailure(
        .trouble, "the snapshot \"\(name)\" is of version \(version), this localstackmount reads \(Self.schemaVersion)")
    }
    state.isEverything = head["all"]?.bool ?? false
    guard Int64(state.objectCount) == head["objects"]?.int, Int64(state.buckets.count) == head["buckets"]?.int else {
      throw damaged
    }
    return state
  }

  /// Adds the bucket or the object of one line. Returns false if it is neither.
  private static func add(_ json: JSONValue, to state: inout State, _ known: inout Set<StatedProperties>) -> Bool {
    guard let bucket = json["bucket"]?.string else { return false }
    if json["key"] == nil {
      guard state.buckets[bucket] == nil else { return false }
      state.buckets[bucket] = BucketState(versioning: nil)
      return true
    }
    guard var item = item(json), let stated = item.stated, state.buckets[bucket] != nil else { return false }
    if let last = state.buckets[bucket]?.items.last?.key, last >= item.key { return false }
    item.stated = known.insert(stated).memberAfterInsert
    state.buckets[bucket]?.items.append(item)
    return true
  }

  private func damaged(_ name: String) -> StateFailure {
    StateFailure(.trouble, "the snapshot \"\(name)\" is damaged; save it again, or remove it by snapshot rm \(name)")
  }

  private static func item(_ json: JSONValue) -> Item? {
    guard let key = json["key"]?.string.map({ ObjectKey($0) }), (1...ObjectKey.maximumLength).contains(key.length),
      let size = json["size"]?.int, size >= 0,
      let sha256 = json["sha256"]?.string.flatMap(SHA256Digest.init(hexadecimal:)),
      let md5 = json["md5"]?.string.flatMap({ MD5Digest(hexadecimal: $0) }), let properties = Properties(json)
    else { return nil }
    return Item(
      key: key, size: size, content: .blob(sha256, md5: md5), stated: StatedProperties(properties))
  }

  /// Parses the first line of a manifest; `nil` if it is something else.
  static func head(of path: String) -> JSONValue? {
    var head: JSONValue?
    FileAccess.forEachLine(of: path) { line in
      head = try? JSONValue.parse(Array(line))
      return false
    }
    return head
  }

  package func summaries() throws(StateFailure) -> [Summary] {
    var found: [Summary] = []
    for name in names {
      guard let head = Self.head(of: manifest(name)) else { continue }
      found.append(
        Summary(
          name: name, created: head["created"]?.int ?? 0, endpoint: head["endpoint"]?.string ?? "",
          buckets: Int(head["buckets"]?.int ?? 0), objects: Int(head["objects"]?.int ?? 0),
          bytes: head["bytes"]?.int ?? 0))
    }
    return found
  }

  // MARK: Writing

  /// Writes a manifest; the blobs must be there already. `state` holds blobs and properties.
  func write(_ state: State, name: String, endpoint: String, isEverything: Bool) throws(StateFailure) {
    let bytes = state.buckets.values.reduce(Int64(0)) { $0 + $1.items.reduce(Int64(0)) { $0 + $1.size } }
    let head = JSONValue.object([
      "schemaVersion": .int(Self.schemaVersion), "name": .string(name), "created": .int(Timestamp.now().seconds),
      "endpoint": .string(endpoint), "all": .bool(isEverything), "buckets": .int(state.buckets.count),
      "objects": .int(state.objectCount), "bytes": .int(bytes),
    ])
    try cache.manifest(name).replace(isDurable: true) { file in
      file.add(line: head.compact)
      for (bucket, contents) in state.buckets.sorted(by: { $0.key < $1.key }) {
        file.add(line: JSONValue.object(["bucket": .string(bucket)]).compact)
        for item in contents.items { if let line = Self.line(item, bucket) { file.add(line: line) } }
      }
    }
  }

  private static func line(_ item: Item, _ bucket: String) -> String? {
    guard case .blob(let sha256, let md5) = item.content, let properties = item.stated?.properties else { return nil }
    return JSONValue.object([
      "bucket": .string(bucket), "key": .string(item.key.string), "size": .int(item.size),
      "sha256": .string(sha256.description), "md5": .string(md5.description),
      "headers": .strings(properties.headers), "metadata": .strings(properties.metadata),
      "tags": .strings(properties.tags),
    ]).compact
  }

  /// Gives a finished file its name. Replaces an existing blob, which should have the same bytes but may be damaged.
  func adopt(_ temporary: String, as digests: ContentDigests) throws(StateFailure) {
    let path = blob(digests.sha256)
    try FileAccess.makeDirectories("\(cache.blobs)/\(digests.sha256.description.prefix(2))", for: .owner)
    guard rename(temporary, path) == 0 else { throw .disk("write", path) }
  }

  /// Returns whether the store has these bytes, and the disk has kept them. Cost: reads the blob.
  func isWhole(_ digests: ContentDigests, _ size: Int64) -> Bool {
    let path = blob(digests.sha256)
    guard let status = FileAccess.status(path), Int64(status.st_size) == size else { return false }
    return (try? LocalHashes(nil).digests(of: path)) == digests
  }

  package func remove(_ names: [String]) async throws(StateFailure) {
    let lock = try await lock()
    defer { withExtendedLifetime(lock) {} }
    var missing: String?
    for name in names {
      try Self.validate(name)
      if unlink(manifest(name)) != 0 { missing = missing ?? name }
    }
    // Also if nothing was removed: a killed run may have left blobs that no snapshot uses.
    try collectGarbage()
    if let missing { throw StateFailure(.trouble, "there is no snapshot \"\(missing)\"") }
  }

  /// Removes the blobs that no snapshot uses. If a manifest cannot be read, all of them are kept.
  private func collectGarbage() throws(StateFailure) {
    var used: Set<String> = []
    for name in names {
      guard let state = try? read(manifest(name), name) else { return }
      for contents in state.buckets.values {
        for item in contents.items { if case .blob(let digest, _) = item.content { used.insert(blob(digest)) } }
      }
    }
    for folder in FileAccess.names(in: cache.blobs) ?? [] {
      let path = "\(cache.blobs)/\(folder)"
      guard FileAccess.isDirectory(path) else { continue }
      for name in FileAccess.names(in: path) ?? [] where !used.contains("\(path)/\(name)") {
        FileAccess.remove("\(path)/\(name)")
      }
    }
  }
}

/// The objects of a snapshot.
package struct SnapshotSource: StateSource {
  let store: SnapshotStore
  let name: String

  package var label: String { "snapshot \(name)" }

  package func md5(of item: Item, in bucket: String) async throws(StateFailure) -> MD5Digest {
    guard case .blob(_, let md5) = item.content else { throw missing(item, bucket) }
    return md5
  }

  package func properties(of item: Item, in bucket: String, readsTags: Bool) async throws(StateFailure) -> Properties {
    item.stated?.properties ?? Properties()
  }

  package func bytes(of item: Item, in bucket: String, limit: Int) async throws(StateFailure) -> [UInt8] {
    let file = try await file(of: item, in: bucket)
    guard let bytes = FileAccess.read(file.path, limit: limit) else { throw .disk("read", file.path) }
    return bytes
  }

  /// Returns the blob's file. Cost: reads the blob once more, to verify that the disk has kept it.
  package func file(of item: Item, in bucket: String) async throws(StateFailure) -> LocalFile {
    guard case .blob(let digest, _) = item.content else { throw missing(item, bucket) }
    let path = store.blob(digest)
    guard FileAccess.status(path) != nil else { throw missing(item, bucket) }
    guard try LocalHashes(nil).digests(of: path).sha256 == digest else {
      throw StateFailure(
        .trouble, "the snapshot store is damaged: \(path) does not have the bytes of its name. \(remedy)")
    }
    return LocalFile(path: path)
  }

  private func missing(_ item: Item, _ bucket: String) -> StateFailure {
    StateFailure(.trouble, "the snapshot \"\(name)\" has lost the bytes of s3://\(bucket)/\(item.key). \(remedy)")
  }

  private var remedy: String {
    "A snapshot save of an object with these bytes writes them again, and so does a snapshot import; snapshot rm \(name) "
      + "removes the snapshot"
  }
}
