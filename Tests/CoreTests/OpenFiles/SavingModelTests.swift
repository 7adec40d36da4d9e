// SEMANTICS: 3.1
import Foundation
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

/// Random histories of one file against a model of three byte arrays: in S3, at the last close, and now. Uploads begin,
/// take their time and end as separate events, so that any event can happen in between.
@Suite("3.1 3.5 3.6 3.11 the state at a close is what is saved")
struct SavingModelTests {
  /// LOCALSTACKMOUNT_HISTORIES=100000 takes some minutes in a debug build.
  static let histories = ProcessInfo.processInfo.environment["LOCALSTACKMOUNT_HISTORIES"].flatMap(Int.init) ?? 300

  @Test("random histories: no byte written since a close is ever saved or recovered, and none is lost")
  func randomHistories() async throws {
    let seed =
      ProcessInfo.processInfo.environment["LOCALSTACKMOUNT_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
    for index in 0..<UInt64(Self.histories) {
      // The other tests use the same few threads.
      await Task.yield()
      var history = try History(seed: seed &+ index)
      for _ in 0..<40 {
        try history.step()
        if let failure = history.failure {
          Issue.record("seed \(seed &+ index): \(failure)\n\(history.events.joined(separator: "\n"))")
          return
        }
      }
    }
  }
}

/// A state in S3 or of the file: bytes and a mode, which represents all headers.
private struct Snapshot: Equatable {
  var bytes: [UInt8] = []
  var mode: UInt32?
}

private struct History {
  var random: SeededGenerator
  var events: [String] = []
  var failure: String?

  private let cache = ContentCache(capacity: 8 << 20)
  private let store = InMemoryStore(buckets: ["bucket"])
  private var spool: SpoolDirectory
  private let directory: String
  private var content: FileContent
  private var version = 0

  // The model.
  private var stored: Snapshot?
  private var closed: Snapshot?
  private var present = Snapshot()
  private var isJournaled = false
  private var upload: (state: ClosedState, expected: Snapshot)?

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    directory = TestPath.uniqueInMemory()
    spool = Self.makeSpool(directory)
    content = Self.file(spool, base: nil)
    if Bool.random(using: &random) {
      stored = Snapshot(bytes: Self.bytes(Int.random(in: 0...40, using: &random), &random))
      present = stored!
      content = Self.file(spool, base: .init(reader: reader(of: stored!), visible: Int64(stored!.bytes.count)))
    }
  }

  private static let reference = ObjectReference(bucket: "bucket", key: "file")

  private static func makeSpool(_ directory: String) -> SpoolDirectory {
    // So little memory that many states are spooled to disk.
    SpoolDirectory(path: directory, capacity: 1 << 20, memory: 60)
  }

  private static func file(_ spool: SpoolDirectory, base: FileBytes.Base?) -> FileContent {
    FileContent(
      reference: reference, base: base, properties: ObjectProperties(), lastModified: Timestamp(seconds: 0),
      spool: spool)
  }

  private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 97...122, using: &random) }
  }

  /// A new version, all of whose bytes are in memory.
  private mutating func reader(of snapshot: Snapshot) -> VersionReader {
    version += 1
    let known = ContentCache.Version(reference: Self.reference, etag: ETag("version-\(version)"))
    cache.insert(snapshot.bytes, atStartOf: known)
    return cache.reader(of: known) { [cache, store] id in
      VersionReader(
        reference: known.reference, etag: known.etag, size: Int64(snapshot.bytes.count), id: id, store: store,
        cache: cache)
    }
  }

  mutating func step() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: try write()
    case 30..<38: try truncate()
    case 38..<43: try copy()
    case 43..<50: changeMode()
    case 50..<66: try close()
    case 66..<78: beginUpload()
    case 78..<92: try endUpload()
    case 92..<95: try keep()
    default: try restart()
    }
    check()
  }

  // MARK: Events

  private mutating func write() throws {
    let count = Int.random(in: 1...20, using: &random)
    let appends = Bool.random(using: &random)
    let offset = appends ? present.bytes.count : Int.random(in: 0...60, using: &random)
    let bytes = Self.bytes(count, &random)
    events.append("write \(count) at \(offset)")
    _ = try content.writeNow(bytes.span.bytes, at: Int64(offset), appending: appends, now: Timestamp(seconds: 0))
    if present.bytes.count < offset + count {
      present.bytes += [UInt8](repeating: 0, count: offset + count - present.bytes.count)
    }
    present.bytes.replaceSubrange(offset..<offset + count, with: bytes)
  }

  private mutating func truncate() throws {
    let size = Bool.random(using: &random) ? 0 : Int.random(in: 0...70, using: &random)
    events.append("truncate to \(size)")
    try content.truncate(to: Int64(size), now: Timestamp(seconds: 0))
    present.bytes = Array(present.bytes.prefix(size))
    present.bytes += [UInt8](repeating: 0, count: size - present.bytes.count)
  }

  /// copy_file_range from another object.
  private mutating func copy() throws {
    let source = Snapshot(bytes: Self.bytes(30, &random))
    let start = Int.random(in: 0..<20, using: &random)
    let count = Int.random(in: 1...10, using: &random)
    let offset = Int.random(in: 0...50, using: &random)
    events.append("copy \(count) to \(offset)")
    let reader = reader(of: source)
    try content.copy(
      reader, Int64(start)..<Int64(start + count), to: Int64(offset), now: Timestamp(seconds: 0)
    ) {}
    if present.bytes.count < offset + count {
      present.bytes += [UInt8](repeating: 0, count: offset + count - present.bytes.count)
    }
    present.bytes.replaceSubrange(offset..<offset + count, with: source.bytes[start..<start + count])
  }

  /// The source of copied ranges is about to change: their bytes are read and held.
  private mutating func keep() throws {
    for piece in content.with({ $0.copiedPieces }) {
      events.append("hold \(piece.range)")
      let bytes = try #require(piece.source.cached(piece.inSource(piece.range))).bytes
      try content.hold(bytes, of: piece)
    }
    content.with { $0.record.outdate() }
    if isJournaled { try content.journal(at: Timestamp(seconds: 0), durably: false) }
  }

  private mutating func changeMode() {
    let mode = UInt32.random(in: 1...7, using: &random) | 0o100000
    events.append("mode \(mode)")
    content.with { state in
      var posix = state.posix
      posix.mode = mode
      state.setHeaders(posix)
    }
    present.mode = mode
  }

  private mutating func close() throws {
    let isDirty = content.commit() != nil
    if isDirty != (present != stored || closed != nil) && !isDirty {
      failure = "a close with changes has nothing to save"
    }
    isJournaled = Bool.random(using: &random)
    events.append("close\(isJournaled ? ", written down" : "")")
    if isDirty { closed = present }
    guard closed != nil else { return }
    if isJournaled { try content.journal(at: Timestamp(seconds: 0), durably: false) }
  }

  private mutating func beginUpload() {
    guard upload == nil, let closed, let (state, _) = content.with({ $0.beginUpload() }) else { return }
    events.append("upload begins")
    upload = (state, closed)
  }

  private mutating func endUpload() throws {
    guard let (state, expected) = upload else { return }
    upload = nil
    // As late as possible: the bytes are read when the last of them is sent.
    let bytes = FileBytes.cached(state.bytes.pieces(of: 0..<state.bytes.size), uses: false)?.bytes ?? []
    let sent = Snapshot(bytes: bytes, mode: PosixMetadata(userMetadata: state.headers.userMetadata).mode)
    if sent != expected {
      failure = "S3 would get \(text(sent)), the state at the close is \(text(expected))"
      return
    }
    guard Int.random(in: 0..<4, using: &random) > 0 else {
      events.append("upload fails")
      content.with { $0.failed(FileSystemError(.ioFailure, "no"), state.generation) }
      return
    }
    events.append("upload ends")
    stored = expected
    if content.with({ $0.closed?.generation }) == state.generation { (closed, isJournaled) = (nil, false) }
    let head = ObjectHead(
      size: Int64(sent.bytes.count), etag: ETag("x"), lastModified: Timestamp(seconds: 0), properties: state.headers)
    content.saved(
      UploadedState(generation: state.generation, head: head, reader: reader(of: sent), headers: nil))
    if isJournaled { try content.journal(at: Timestamp(seconds: 0), durably: false) }
  }

  /// kill -9: the next start finds only what is on disk.
  private mutating func restart() throws {
    let records = records()
    events.append("kill, \(records.count) records")
    let newest = records.max { ($0.record.sequence ?? 0) < ($1.record.sequence ?? 0) }
    if isJournaled, let closed {
      guard let newest else {
        failure = "a closed state has no record"
        return
      }
      let found = try recovered(newest.record, newest.path)
      if found != closed { failure = "\(text(found)) is recovered, the state at the close is \(text(closed))" }
    }
    // The run continues: only what was found matters.
  }

  private func records() -> [(record: SpoolRecord, path: String)] {
    guard let session = try? spool.session() else { return [] }
    return session.paths(endingIn: SpoolRecord.suffix).compactMap { path in
      Disk.read(path).flatMap { SpoolRecord(decoding: $0) }.map {
        ($0, String(path.dropLast(SpoolRecord.suffix.count)))
      }
    }
  }

  private func recovered(_ record: SpoolRecord, _ path: String) throws -> Snapshot {
    let file = try SpoolFile(existing: path)
    let state = try #require(content.with { $0.closed })
    let other = FileContent(
      recovering: record, as: Self.reference, bytes: file,
      base: record.base.map { FileBytes.Base(reader: state.bytes.base!.reader, visible: $0.visible) },
      copied: state.bytes.copied, spool: spool)
    let pieces = other.with { $0.bytes.pieces(of: 0..<$0.size) }
    return Snapshot(
      bytes: try #require(FileBytes.cached(pieces, uses: false)).bytes,
      mode: PosixMetadata(userMetadata: record.headers.userMetadata).mode)
  }

  // MARK: Checks

  private mutating func check() {
    guard failure == nil else { return }
    let shown = content.cachedRead(0..<1 << 20)?.bytes
    if shown != present.bytes {
      failure = "the file shows \(text(Snapshot(bytes: shown ?? []))), not \(text(present))"
    }
    let phase = content.with { $0.phase }
    let isSame = content.with { $0.isOpenlyChanged }
    let legal: OpenFile.Phase =
      switch (closed != nil, isSame) {
      case (true, true): .closedAndChanged
      case (true, false): .closed
      case (false, true): .changed
      case (false, false): .saved
      }
    if phase != legal { failure = "the phase is \(phase), not \(legal)" }
    if phase == .saved, let stored, stored.bytes != present.bytes { failure = "saved, but S3 has other bytes" }
  }

  private func text(_ snapshot: Snapshot) -> String {
    String(decoding: snapshot.bytes.map { $0 == 0 ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
      + " (mode \(snapshot.mode.map { String($0) } ?? "none"))"
  }
}
