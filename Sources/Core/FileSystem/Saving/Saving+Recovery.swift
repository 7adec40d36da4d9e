private import Glibc
import S3
import Synchronization

extension Saving {
  /// The outcome for a file that was left unsaved.
  enum Recovered {
    case uploaded, alreadyThere
    case besideIt(ObjectReference)
  }

  /// Uploads what another process left unsaved, if the object still is the version that it is based on; else beside it.
  /// Throws preconditionFailed when the version that the rest of its bytes come from is gone, and not `force`.
  func recover(
    _ record: SpoolRecord, bytes file: SpoolFile, force: Bool
  ) async throws(FileSystemError) -> Recovered {
    let reference = record.reference
    var copied = try await copied(record)
    let head = try await knowledge.currentHead(of: reference)
    let stamp = head.flatMap { StateStamp(size: $0.size, $0.properties) }
    let isThisState = stamp != nil && stamp == StateStamp(size: record.size, record.headers)
    // An earlier state of the file: it has the base's bytes wherever the record has none of its own.
    let isOwn = stamp.map { (record.sent ?? []).contains($0) } ?? false || isThisState && record.base == nil
    let isBase = head?.etag.value == record.base?.etag && head?.size == record.base?.size
    var base: FileBytes.Base?
    if let head, let known = record.base, isOwn || isBase {
      base = FileBytes.Base(reader: contents.reader(of: reference, head: head), visible: min(known.visible, head.size))
    }
    if record.isHalfWritten == true {
      if let base { copied.insert(record.rangesOfBase(without: copied), of: base.reader) }
      return .besideIt(try await recoverBeside(record, bytes: file, copied: copied, force: force))
    }
    if let head, isThisState {
      // The upload ended, but its answer was lost. An object that is complete here, but cannot be read there, is sent
      // again: a server may store less of a PUT than its client sent before it died.
      let isThere: Bool
      do throws(FileSystemError) { isThere = try await holds(head, of: reference, what: record, in: file) } catch {
        guard record.base == nil else { throw error }
        isThere = false
      }
      if isThere { return .alreadyThere }
    }
    let isReplaced = record.base == nil && record.replaces != nil && head?.etag.value == record.replaces
    if isReplaced || isOwn || isBase {
      let content = FileContent(
        recovering: record, as: reference, bytes: file, base: base, copied: copied, spool: spool,
        isPlain: options.plain)
      let condition = head.map { WriteCondition.ifMatch($0.etag) } ?? .ifAbsent
      do throws(FileSystemError) {
        try await upload(content, condition: condition)
        try await requireReadable(reference, record)
        changes.announce(ObjectPath(reference))
        return .uploaded
      } catch {
        // Another client changed it at this moment.
        guard error.code == .preconditionFailed else { throw error }
      }
    }
    if let head, record.tellsAll, try await holds(head, of: reference, what: record, in: file) { return .alreadyThere }
    return .besideIt(try await recoverBeside(record, bytes: file, copied: copied, force: force))
  }

  /// Returns the ranges that come from other objects, as long as these are the versions that were copied.
  private func copied(_ record: SpoolRecord) async throws(FileSystemError) -> CopiedRanges {
    var copied = CopiedRanges()
    for piece in record.copied ?? [] {
      guard let head = try await knowledge.currentHead(of: piece.source), head.etag.value == piece.etag,
        head.size == piece.size
      else {
        throw FileSystemError(.preconditionFailed, "\(piece.source), which it was copied from, was replaced")
      }
      copied.insert(
        .init(range: piece.range, source: contents.reader(of: piece.source, head: head), sourceOffset: piece.offset))
    }
    return copied
  }

  /// Checks that S3 returns what was just recovered, before its record is removed. LocalStack may lose the bytes of a
  /// PUT when another one of the same key is aborted with its client. Cost: one GET of the whole object, if it was one
  /// PUT.
  private func requireReadable(_ reference: ObjectReference, _ record: SpoolRecord) async throws(FileSystemError) {
    guard record.size <= sending.limits.putThreshold else { return }
    do throws(S3Error) {
      try await store.getObject(reference, range: nil, conditions: .none, versionID: nil, into: IgnoringSink())
    } catch {
      // Deleted or replaced by another client since: that is newer.
      guard error.code != .noSuchKey else { return }
      throw FileSystemError(error)
    }
  }

  /// Returns whether the object has every byte that was left unsaved and is held here.
  private func holds(
    _ head: ObjectHead, of reference: ObjectReference, what record: SpoolRecord, in file: SpoolFile
  ) async throws(FileSystemError) -> Bool {
    guard head.size == record.size else { return false }
    let reader = contents.reader(of: reference, head: head)
    let ranges = record.base == nil ? record.heldRanges : record.changedRanges
    for range in ranges.ranges {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
        let piece = start..<min(start + 1 << 20, range.upperBound)
        let there = try await reader.read(piece, advice: ReadAdvice(ahead: [])).bytes
        guard there == (try file.read(at: piece.lowerBound, count: piece.count)) else { return false }
      }
    }
    return true
  }

  /// Uploads it under a new name, and never overwrites anything.
  func recoverBeside(
    _ record: SpoolRecord, bytes file: SpoolFile, copied: CopiedRanges, force: Bool
  ) async throws(FileSystemError) -> ObjectReference {
    let fromBase = record.rangesOfBase(without: copied)
    guard force || fromBase.isEmpty else {
      let change = try await knowledge.currentHead(of: record.reference) == nil ? "deleted" : "replaced"
      throw FileSystemError(
        .preconditionFailed,
        "the object was \(change) since, and \(fromBase.reduce(0) { $0 + $1.count }) bytes of the version before are "
          + "not here")
    }
    for attempt in 1...9 {
      let name = record.key + ".recovered-" + Self.stamp(record.time) + (attempt == 1 ? "" : "-\(attempt)")
      let reference = ObjectReference(bucket: record.bucket, key: ObjectKey(name))
      guard reference.key.length <= ObjectKey.maximumLength else { throw .nameTooLong(name) }
      let content = FileContent(
        recovering: record, as: reference, bytes: file, base: nil, copied: copied, spool: spool,
        isPlain: options.plain)
      do throws(FileSystemError) {
        // No other code has these contents. This waits for no move of their directory: the caller may be such a move.
        try await content.exclusively { () async throws(FileSystemError) in
          _ = try await uploadExclusively(content, condition: .ifAbsent)
        }
        changes.announce(ObjectPath(reference))
        return reference
      } catch {
        guard error.code == .preconditionFailed else { throw error }
      }
    }
    throw FileSystemError(.alreadyExists, "all names for it beside \(record.reference) are taken")
  }

  /// Formats a time as "20261124-031500", UTC.
  private static func stamp(_ time: Int64) -> String {
    var seconds = time_t(time)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let length = strftime(&buffer, buffer.count, "%Y%m%d-%H%M%S", &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

private final class IgnoringSink: BodySink {
  func begin(_ head: ObjectHead) {}
  func receive(_ bytes: RawSpan) -> Bool { true }
}

extension SpoolRecord {
  /// Returns the ranges whose bytes only the base has.
  fileprivate func rangesOfBase(without copied: CopiedRanges) -> [Range<Int64>] {
    var known = heldRanges
    for piece in copied.pieces { known.insert(piece.range) }
    return known.gaps(in: 0..<min(size, base?.visible ?? 0))
  }

  /// Whether an object that has its size and the bytes that are held must be one that this was uploaded to.
  fileprivate var tellsAll: Bool {
    bytesChanged && copied == nil && (base == nil || !changedRanges.isEmpty)
  }
}
