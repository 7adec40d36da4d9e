import S3

/// What a listing tells of an object.
struct ObjectFacts: Hashable, Sendable {
  var size: Int64
  var etag: ETag
  var lastModified: Timestamp
  var storageClass: String?
}

/// What one key segment stands for: an object, a directory, or both (`a` beside `a/b`). Neither: the name is absent.
struct Child: Hashable, Sendable {
  var object: ObjectFacts?
  var isDirectory = false

  var exists: Bool { object != nil || isDirectory }
}

/// Everything in one directory, from ListObjectsV2 with the delimiter "/".
struct DirectoryListing: Sendable {
  /// By segment. Pages give objects and common prefixes in the order of whole keys (`a-` before `a/`), which is not
  /// the order of names: whoever shows them sorts.
  private(set) var children: [ByteName: Child] = [:]
  /// The directory's own marker object, if it has one.
  var marker: ObjectFacts?
  /// When the last page arrived: how old an answer from here is. nil while it is being gathered.
  var listedAt: ContinuousClock.Instant?
  /// Tells it from every other listing that was remembered.
  var number: UInt64 = 0

  mutating func add(_ page: ListPage, prefix: ObjectKey) {
    for object in page.objects { add(object, prefix: prefix) }
    for common in page.commonPrefixes {
      let segment = ByteName(String(common.dropping(prefix: prefix).dropLast()))
      addDirectory(segment)
    }
  }

  mutating func add(_ object: ObjectSummary, prefix: ObjectKey) {
    // The key that equals the prefix is the marker; the empty segment of a body in it is listed from there.
    if object.key == prefix {
      marker = ObjectFacts(object)
    } else {
      children[ByteName(object.key.dropping(prefix: prefix)), default: Child()].object = ObjectFacts(object)
    }
  }

  mutating func addDirectory(_ segment: ByteName) { children[segment, default: Child()].isDirectory = true }

  mutating func set(_ segment: ByteName, to child: Child) { children[segment] = child.exists ? child : nil }
}

extension ObjectFacts {
  init(_ summary: ObjectSummary) {
    self.init(
      size: summary.size, etag: summary.etag, lastModified: summary.lastModified, storageClass: summary.storageClass)
  }

  init(_ head: ObjectHead) {
    self.init(
      size: head.size, etag: head.etag, lastModified: head.lastModified, storageClass: head.properties.storageClass)
  }
}
