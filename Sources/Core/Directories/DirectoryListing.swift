import S3

/// The properties of an object in a listing.
struct ObjectFacts: Hashable, Sendable {
  var size: Int64
  var version: Version
  var storageClass: String?

  var etag: ETag { version.etag }
  var lastModified: Timestamp { version.modified }

  init(size: Int64, version: Version, storageClass: String? = nil) {
    self.size = size
    self.version = version
    self.storageClass = storageClass
  }
}

/// The object and the directory that one key segment names; it may be both (`a` beside `a/b`). Neither: the name is
/// absent.
struct Child: Hashable, Sendable {
  var object: ObjectFacts?
  var isDirectory = false

  var exists: Bool { object != nil || isDirectory }
}

/// Everything in one directory, from ListObjectsV2 with the delimiter "/".
struct DirectoryListing: Sendable {
  /// The children by segment. Pages return objects and common prefixes in the order of whole keys (`a-` before `a/`),
  /// which is not the order of names: the code that shows them sorts.
  private(set) var children: [ByteName: Child] = [:]
  /// The directory's own marker object, if it has one.
  var marker: ObjectFacts?
  /// When the listing was requested and arrived. nil while it is being gathered.
  var listedAt: Learned?
  /// Distinguishes it from every other listing that was remembered.
  var number: UInt64 = 0
  /// The memory that it takes.
  private(set) var bytes = 0
  /// Its share of the memory for names, released with the last copy; nil if it is not counted.
  private(set) var share: BudgetShare?

  init(share: BudgetShare? = nil) { self.share = share }

  private static let bytesPerChild = hashTableBytes(of: ByteName.self, Child.self)

  /// Returns whether both have the same names, whatever they name. O(names).
  func hasNames(of other: DirectoryListing) -> Bool {
    children.count == other.children.count && children.keys.allSatisfy { other.children[$0] != nil }
  }

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
      let segment = ByteName(object.key.dropping(prefix: prefix))
      let facts = ObjectFacts(object)
      let before = children.count
      children[segment, default: Child()].object = facts
      bytes += facts.heapBytes
      if children.count > before { bytes += Self.bytesPerChild + segment.heapBytes }
    }
  }

  mutating func addDirectory(_ segment: ByteName) {
    let before = children.count
    children[segment, default: Child()].isDirectory = true
    if children.count > before { bytes += Self.bytesPerChild + segment.heapBytes }
  }

  mutating func set(_ segment: ByteName, to child: Child) {
    let old = children.updateValue(child, forKey: segment)
    if old == nil { bytes += Self.bytesPerChild + segment.heapBytes }
    bytes += (child.object?.heapBytes ?? 0) - (old?.object?.heapBytes ?? 0)
    guard !child.exists else { return }
    children[segment] = nil
    bytes -= Self.bytesPerChild + segment.heapBytes
  }
}

extension ObjectFacts {
  init(_ summary: ObjectSummary) {
    self.init(
      size: summary.size, version: Version(etag: summary.etag, modified: summary.lastModified),
      storageClass: summary.storageClass)
  }

  /// - Parameter isStated: see `Version`.
  init(_ head: ObjectHead, isStated: Bool = true) {
    self.init(size: head.size, version: head.version(isStated: isStated), storageClass: head.properties.storageClass)
  }
}

extension ObjectFacts {
  var heapBytes: Int { etag.value.heapBytes + (storageClass?.heapBytes ?? 0) }
}
