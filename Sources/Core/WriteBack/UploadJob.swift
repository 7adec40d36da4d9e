import S3

/// One state of a file, to be uploaded. The file does not change while it is.
struct UploadJob: Sendable {
  let reference: ObjectReference
  let size: Int64
  let base: FileContent.Base?
  /// The ranges that differ from the base.
  let changed: ByteRangeSet
  /// The ranges held here, changed or not.
  let local: ByteRangeSet
  let spool: SpoolFile?
  let bytesChanged: Bool
  let headers: ObjectProperties
  /// How many tags the object has, and those to be written with new bytes.
  let tagCount: Int
  var tags: [Tag] = []

  init(_ state: FileContent.State) {
    reference = state.reference
    size = state.size
    base = state.base
    changed = state.changed
    local = state.local.ranges
    spool = state.local.spool
    // Bytes that have no object yet must be written whatever changed.
    bytesChanged = state.bytesChanged || state.base == nil
    headers = state.headers
    tagCount = state.tagCount
  }

  /// The headers of an object that is written anew, with its tags.
  var headersWithTags: ObjectProperties {
    var properties = headers
    properties.tags = tags
    return properties
  }

  /// All bytes of a small file that is wholly here.
  func wholeBytes(of content: FileContent) -> [UInt8]? {
    guard bytesChanged, size > 0, size <= FileSystem.firstFetch, local.gaps(in: 0..<size).isEmpty else { return nil }
    return try? content.with { (state) throws(FileSystemError) in try state.local.read(0..<size) }
  }
}
