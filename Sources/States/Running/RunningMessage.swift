package import Basics
import S3

/// A command's request to a running localstackmount: one line of JSON.
package enum RunningRequest: Hashable, Sendable {
  /// Save the unsaved files in these buckets, or in all if `nil`; with `openFiles` also those written but not closed.
  case flush([String]?, openFiles: Bool)
  /// Show changes that were made in S3.
  case learn([EndpointChange])

  package var json: JSONValue {
    switch self {
    case .flush(let buckets, let openFiles):
      .object([
        "flush": .object([
          "buckets": buckets.map { .array($0.map { .string($0) }) } ?? .null, "openFiles": .bool(openFiles),
        ])
      ])
    case .learn(let changes): .object(["learn": .array(changes.map(\.json))])
    }
  }

  package init?(_ json: JSONValue) {
    if let flush = json["flush"] {
      self = .flush(flush["buckets"]?.array?.compactMap(\.string), openFiles: flush["openFiles"]?.bool ?? true)
    } else if let changes = json["learn"]?.array {
      self = .learn(changes.compactMap { EndpointChange($0) })
    } else {
      return nil
    }
  }
}

/// A file of a running localstackmount that is not in S3.
package struct UnsavedFile: Hashable, Sendable {
  /// "s3://bucket/key".
  package let uri: String
  package let reason: String

  package init(uri: String, reason: String) {
    self.uri = uri
    self.reason = reason
  }
}

/// The answer of a running localstackmount: lines of `working` while it works, then this.
package struct RunningReply: Hashable, Sendable {
  package let process: Int32
  /// Empty if everything is in S3.
  package let unsaved: [UnsavedFile]

  package init(process: Int32, unsaved: [UnsavedFile] = []) {
    self.process = process
    self.unsaved = unsaved
  }

  /// Sent from time to time by a process that is still at work.
  static let working = JSONValue.object(["working": .bool(true)])

  var json: JSONValue {
    .object([
      "process": .int(process),
      "unsaved": .array(unsaved.map { .object(["uri": .string($0.uri), "reason": .string($0.reason)]) }),
    ])
  }

  init?(_ json: JSONValue) {
    guard let process = json["process"]?.int.flatMap({ Int32(exactly: $0) }), let unsaved = json["unsaved"]?.array
    else { return nil }
    self.init(
      process: process,
      unsaved: unsaved.map { UnsavedFile(uri: $0["uri"]?.string ?? "", reason: $0["reason"]?.string ?? "") })
  }
}

extension EndpointChange {
  fileprivate var json: JSONValue {
    func object(_ reference: ObjectReference, _ members: [JSONValue.Member]) -> JSONValue {
      .object([.init("bucket", .string(reference.bucket)), .init("key", .string(reference.key.string))] + members)
    }
    return switch self {
    case .madeBucket(let bucket): .object(["bucket": .string(bucket)])
    case .deleted(let reference): object(reference, [.init("deleted", .bool(true))])
    case .changedTags(let reference): object(reference, [])
    case .wrote(let reference, let size, let etag, let modified):
      object(
        reference,
        [
          .init("size", .int(size)), .init("etag", .string(etag.value)), .init("seconds", .int(modified.seconds)),
          .init("nanoseconds", .int(modified.nanoseconds)),
        ])
    }
  }

  fileprivate init?(_ json: JSONValue) {
    guard let bucket = json["bucket"]?.string else { return nil }
    guard let key = json["key"]?.string else {
      self = .madeBucket(bucket)
      return
    }
    let reference = ObjectReference(bucket: bucket, key: ObjectKey(key))
    if json["deleted"]?.bool == true {
      self = .deleted(reference)
    } else if let size = json["size"]?.int, let etag = json["etag"]?.string, let seconds = json["seconds"]?.int {
      let nanoseconds = json["nanoseconds"]?.int.flatMap { Int32(exactly: $0) } ?? 0
      self = .wrote(
        reference, size: size, etag: ETag(etag), modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    } else {
      self = .changedTags(reference)
    }
  }
}
