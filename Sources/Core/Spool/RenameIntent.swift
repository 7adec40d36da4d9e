import FoundationEssentials
import S3

/// The intent of a rename of a directory, or of an object, on disk before it is done: lines of JSON, the first for the
/// rename, then one for each object, then the phases as they are reached.
///
/// A rename that was killed while copying is undone: the copies are removed, the source is whole. One that was killed
/// while deleting is completed: the copies are whole. So no object is ever unreachable under both names.
struct RenameIntent: Sendable {
  static let suffix = ".rename"

  struct Header: Codable, Hashable, Sendable {
    var version = 1
    var bucket: String
    var prefix: String
    var newBucket: String
    var newPrefix: String
    var time: Int64
    /// Whether it is of one object: the prefixes are its keys, and the only item has no name.
    var isObject: Bool?
    /// For one object: records of its destination with smaller numbers belong to the object that it replaces.
    var sequence: UInt64?
  }

  struct Item: Codable, Hashable, Sendable {
    /// The name below the prefix.
    var name: String
    var etag: String
    var size: Int64
    /// nil if S3 has not returned it: then only the ETag is compared.
    var modified: Int64?
    /// Whether something had the destination's name before: it is not deleted when the rename is undone.
    var replaces: Bool?
  }

  private struct Phase: Codable {
    var deleting: Bool?
    /// When the rename failed in a process that continued: later changes do not belong to it.
    var failed: Int64?
  }

  var header: Header
  var items: [Item]
  var isDeleting = false
  var failed: Int64?
  let path: String

  var source: DirectoryLocation { DirectoryLocation(bucket: header.bucket, prefix: ObjectKey(header.prefix)) }
  var destination: DirectoryLocation {
    DirectoryLocation(bucket: header.newBucket, prefix: ObjectKey(header.newPrefix))
  }

  /// Records the intent, durably. Blocks.
  init(
    moving objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>, at time: Timestamp, in session: SpoolSession
  ) throws(FileSystemError) {
    header = Header(
      bucket: source.bucket, prefix: source.prefix.string, newBucket: destination.bucket,
      newPrefix: destination.prefix.string, time: time.seconds)
    items = Self.items(objects, from: source, to: destination, replacing: existing)
    path = session.newPath() + Self.suffix
    try write()
  }

  /// Same, for one object. The record survives the process, not the machine: renames of files are many.
  /// - Parameter replaces: whether something has the destination's name.
  /// - Parameter sequence: orders it among the records of unsaved files.
  init(
    moving source: ObjectReference, _ facts: ObjectFacts, to destination: ObjectReference, replaces: Bool,
    at time: Timestamp, sequence: UInt64, in session: SpoolSession
  ) throws(FileSystemError) {
    header = Header(
      bucket: source.bucket, prefix: source.key.string, newBucket: destination.bucket,
      newPrefix: destination.key.string, time: time.seconds, isObject: true, sequence: sequence)
    items = [
      Item(
        name: "", etag: facts.etag.value, size: facts.size,
        modified: facts.version.isStated ? facts.lastModified.seconds : nil, replaces: replaces ? true : nil)
    ]
    path = session.newPath() + Self.suffix
    try write()
  }

  private static func items(
    _ objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>
  ) -> [Item] {
    objects.map { object in
      let name = object.key.dropping(prefix: source.prefix)
      return Item(
        name: name, etag: object.etag.value, size: object.size, modified: object.lastModified.seconds,
        replaces: existing.contains(ObjectKey(destination.prefix.string + name)) ? true : nil)
    }
  }

  /// Records that more objects are about to be copied, or the same ones in later versions. Blocks.
  func add(_ objects: [ObjectSummary], replacing existing: Set<ObjectKey>) throws(FileSystemError) {
    let items = Self.items(objects, from: source, to: destination, replacing: existing)
    try Disk.append(JSONLines.encode(contentsOf: items), to: path, durably: true)
  }

  private func write() throws(FileSystemError) {
    try Disk.write(
      JSONLines.encode(header) + JSONLines.encode(contentsOf: items), to: path, durably: header.isObject != true)
  }

  /// Records that everything is copied: from now on the rename is completed, not undone. Blocks.
  func willDelete() throws(FileSystemError) {
    try Disk.append(JSONLines.encode(Phase(deleting: true)), to: path, durably: header.isObject != true)
  }

  /// Returns whether an object is the one of the item.
  static func isOriginal(_ object: ObjectSummary, of item: Item) -> Bool {
    object.etag.value == item.etag && object.size == item.size
      && item.modified.map { object.lastModified.seconds == $0 } ?? true
  }

  /// Returns whether an object was so new when the rename began that a rewrite of the same bytes since would have the
  /// same ETag and the same second. Clocks may differ by as much as a minute.
  func mayHideRewrite(of item: Item) -> Bool { item.modified.map { $0 >= header.time - 60 } ?? true }

  /// Records that it failed, and that not all traces of it could be removed.
  func failed(at time: Timestamp) {
    try? Disk.append(JSONLines.encode(Phase(failed: time.seconds)), to: path, durably: false)
  }

  func end() { Disk.remove(path) }

  /// Why a rename that was left behind cannot be settled.
  enum Unusable: Error {
    /// It was not written completely, so that the rename never began.
    case torn
    /// It cannot be read, or is of another version: the rename may be half done.
    case unreadable
  }

  /// Reads the intent of a rename that was left behind.
  init(path: String) throws(Unusable) {
    guard let bytes = Disk.read(path) else { throw .unreadable }
    guard bytes.contains(UInt8(ascii: "\n")) else { throw .torn }
    let lines = JSONLines.split(bytes)
    let decoder = JSONDecoder()
    guard let first = lines.first, let header = try? decoder.decode(Header.self, from: first), header.version == 1
    else { throw .unreadable }
    self.path = path
    self.header = header
    items = []
    for line in lines.dropFirst() {
      if let item = try? decoder.decode(Item.self, from: line) {
        items.append(item)
      } else if let phase = try? decoder.decode(Phase.self, from: line) {
        if phase.deleting == true { isDeleting = true }
        failed = phase.failed ?? failed
      }
    }
  }
}
