import S3
import Synchronization

/// Copies one object by the server, with its tags and its headers (or others), whatever its size.
struct ObjectCopy: Sendable {
  /// The limit of CopyObject.
  static let singleLimit: Int64 = 5 << 30
  static let partSize: Int64 = 1 << 30

  let store: any ObjectStore
  let journal: UploadJournal
  let source: ObjectReference
  let destination: ObjectReference
  /// Replaces the source's headers.
  var headers: ObjectProperties?
  /// With `headers`, replaces the source's tags.
  var tags: [Tag]?
  /// Only if the source still is this version.
  var ifSourceMatch: ETag?
  /// The source's storage class, from a listing: COPY copies it only where it is named.
  var storageClass: String?
  /// The source's headers, where they are known.
  var known: ObjectProperties?

  struct Copied: Sendable {
    var result: WriteResult
    /// Whether the source was the expected version: what was known of it also applies to the copy.
    var isExpected: Bool
    /// The source's version, as far as that is known: a copy in one piece has its ETag.
    var source: ETag { expected ?? result.etag }
    var expected: ETag?
  }

  /// Copies the source as it is now. `expected` is the version that the caller knows, if any.
  func run(size: Int64, expected: ETag?) async throws(S3Error) -> Copied {
    if let expected, size <= Self.singleLimit {
      do throws(S3Error) {
        return Copied(
          result: try await copyAtOnce(size: size, ifSourceMatch: expected), isExpected: true, expected: expected)
      } catch {
        guard error.code == .preconditionFailed else { throw error }
      }
    }
    return Copied(result: try await copyAsItIs(size: size), isExpected: false)
  }

  /// Copies the source whatever version it is, or under the condition `ifSourceMatch`.
  func copyAsItIs(size: Int64) async throws(S3Error) -> WriteResult {
    guard size > Self.singleLimit else {
      return try await copyAtOnce(size: size, ifSourceMatch: ifSourceMatch)
    }
    let head = try await store.headObject(source, conditions: .init(ifMatch: ifSourceMatch), versionID: nil)
    let tags = if let tags { tags } else { try await store.tags(of: source, counted: head.tagCount) }
    let upload = try await journal.begin(destination, properties: headers ?? head.properties, copies: true, in: store)
    do throws(S3Error) {
      let parts = try await copyParts(of: upload, size: head.size, etag: head.etag)
      let result = try await store.completeMultipartUpload(upload, parts: parts, condition: .none)
      journal.ended(upload)
      if !tags.isEmpty { try await store.setTags(tags, of: destination) }
      return result
    } catch {
      await journal.abort(upload, in: store)
      throw error
    }
  }

  private func copyAtOnce(size: Int64, ifSourceMatch etag: ETag?) async throws(S3Error) -> WriteResult {
    let metadata = try await metadata(ifSourceMatch: etag)
    do throws(S3Error) {
      return try await store.copyObject(from: source, to: destination, metadata: metadata, ifSourceMatch: etag)
    } catch {
      guard size == 0, source.parent.segment.isEmpty, error.isOfServer else { throw error }
      do throws(S3Error) { return try await putMarker(ifSourceMatch: etag) } catch let second {
        // The server's answer to the copy is the reason, unless there is no marker at all.
        throw second.code == .noSuchKey || second.code == .notImplemented ? second : error
      }
    }
  }

  /// Returns what the copy gets besides the bytes. Cost: one HEAD where the server's COPY drops headers, and those of
  /// the source are not known.
  private func metadata(ifSourceMatch etag: ETag?) async throws(S3Error) -> CopyMetadata {
    if var headers {
      guard let tags else { return .replace(headers) }
      headers.tags = tags
      return .replaceWithTags(headers)
    }
    var own = known
    if own == nil, store.copyForgets {
      own = try await store.headObject(source, conditions: .init(ifMatch: etag), versionID: nil).properties
    }
    // Headers that no COPY copies, or not this server's, are written anew.
    if let own, own.redirectLocation != nil || own.encryption != nil || (store.copyForgets && own.expires != nil) {
      return .replace(own)
    }
    return .keep(storageClass: own?.storageClass ?? storageClass)
  }

  /// Writes a directory's marker anew, as some servers cannot copy it: SeaweedFS finds none, JuiceFS fails (500). For
  /// an empty object that is as good. Throws noSuchKey where there really is none.
  private func putMarker(ifSourceMatch etag: ETag?) async throws(S3Error) -> WriteResult {
    let head = try await store.headObject(source, conditions: .init(ifMatch: etag), versionID: nil)
    guard head.size == 0 else {
      throw S3Error(.notImplemented, message: "the server cannot copy \(source)", operation: "CopyObject \(source)")
    }
    var properties = headers ?? head.properties
    properties.tags = try await store.tags(of: source, counted: head.tagCount)
    return try await store.putObject(destination, body: .bytes([]), properties: properties, condition: .none)
  }

  private func copyParts(
    of upload: MultipartUpload, size: Int64, etag: ETag
  ) async throws(S3Error) -> [UploadedPart] {
    let starts = Array(stride(from: 0, to: size, by: Int(Self.partSize)).enumerated())
    let parts = try await concurrently(starts, limit: 8) { (start) async throws(S3Error) in
      try await store.uploadPartCopy(
        upload, number: start.offset + 1, from: source,
        range: start.element..<min(start.element + Self.partSize, size), ifSourceMatch: etag)
    }
    return parts.sorted { $0.number < $1.number }
  }
}

/// The keys copied so far, collected by several tasks.
final class CopiedKeys: Sendable {
  private let collected = Mutex<[ObjectKey]>([])
  private let etags = Mutex<[ObjectKey: (source: ETag, copy: ETag)]>([:])

  var keys: [ObjectKey] { collected.withLock { $0 } }
  func add(_ key: ObjectKey) { collected.withLock { $0.append(key) } }
  func clear() { collected.withLock { $0 = [] } }

  /// Records the version of a copy: an object in parts gets another ETag.
  func made(_ key: ObjectKey, of source: ETag, _ copy: ETag) { etags.withLock { $0[key] = (source, copy) } }
  /// Returns the version of a version's copy; nil if it is not what was copied.
  func etag(of key: ObjectKey, from source: ETag) -> ETag? {
    etags.withLock { $0[key].flatMap { $0.source == source ? $0.copy : nil } }
  }

  /// The copies as the objects of a directory.
  var state: TreeState { TreeState(etags.withLock { $0.map { ($0.key, $0.value.copy) } }) }
}

extension S3Error {
  /// Whether the server refused or failed, for another reason than the caller's identity or the version.
  fileprivate var isOfServer: Bool {
    switch code {
    case .preconditionFailed, .conflict, .accessDenied, .invalidCredentials, .expiredCredentials, .slowDown: false
    default: !isWithoutAnswer
    }
  }
}
