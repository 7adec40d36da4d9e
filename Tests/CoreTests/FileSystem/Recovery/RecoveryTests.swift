// SEMANTICS: 3.6, 11.4
import Dispatch
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite("Recovery of files that a dead process left unsaved")
struct RecoveryTests {
  let machine = Machine()

  @Test("a failed close of a new file is recovered, with its mode and owner")
  func newFile() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 99)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("kept", in: file) == .ioFailure)
      #expect(machine.left.map(\.name) == ["s3://bucket/new.txt"])
      #expect(machine.left.map(\.isRunning) == [true])
    }
    #expect(try await machine.text("new.txt") == nil)
    #expect(machine.left.map(\.isRunning) == [false])
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("new.txt") == "kept")
    let head = try await machine.memory.headObject(
      ObjectReference(bucket: "bucket", key: "new.txt"), conditions: .none, versionID: nil)
    #expect(PosixMetadata(userMetadata: head.properties.userMetadata).owner == 7)
    #expect(machine.sessions.isEmpty)
  }

  // Regression (faults C2 and C3): the closed state is recovered, not what an open handle has written since.
  @Test("3.6 3.11 writes after a close are not part of what is recovered", arguments: [true, false], [3000, 3 << 20])
  func writesAfterTheClose(writeBack: Bool, size: Int) async throws {
    let closed = String(repeating: "A", count: size)
    let options = { (options: inout FileSystemOptions) in options.writeBack = writeBack }
    try await machine.process(options) { fileSystem, faults in
      faults.fail(.putObject, times: 999)
      let file = try await fileSystem.createFile("file")
      _ = try await fileSystem.save(closed, in: file)
      await fileSystem.files.release(file.handle)
      let later = try await fileSystem.open("file", [.write, .truncate])
      _ = try await fileSystem.files.write(Array("BBBBBBBBBB".utf8), at: 0, to: later.handle)
      if !writeBack { _ = await fileSystem.saving.retryUnsaved() }
    }
    try await machine.restart()
    #expect(try await machine.text("file") == closed)
    #expect(try await machine.keys == ["file"])
  }

  // A failing retry and the shutdown write the record of one file simultaneously.
  @Test("a record with several concurrent writers is always complete, and finally the newest")
  func recordsAtOnce() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 999)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("kept", in: file) == .ioFailure)
      fileSystem.saving.retries.cancel()
      let inode = try await fileSystem.inode("new.txt")
      let content = try #require(fileSystem.inodes.table.withLock { $0[inode]?.content })
      let path = try #require(machine.left.first).path + SpoolRecord.suffix
      let damaged = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: 400) { index in
        content.with { state in
          guard let generation = state.closed?.generation else { return }
          state.failed(FileSystemError(.ioFailure, String(repeating: "x", count: index % 7 * 10)), generation)
        }
        try? content.journal(at: Timestamp(seconds: 0), durably: index % 2 == 0)
        if Disk.read(path).flatMap({ SpoolRecord(decoding: $0) }) == nil { damaged.add(1, ordering: .relaxed) }
      }
      #expect(damaged.load(ordering: .relaxed) == 0)
      let last = Disk.read(path).flatMap { SpoolRecord(decoding: $0) }
      #expect(last?.reason == content.with { $0.uploads.failure?.message })
    }
  }

  @Test("a change in the middle of a file is applied to the version that it was made on")
  func patched() async throws {
    try await machine.put("0123456789", "file")
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.open("file", [.write])
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("xx", at: 3, in: file) == .ioFailure)
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("file") == "012xx56789")
  }

  @Test("an object changed since is kept, and the unsaved file is saved beside it")
  func conflict() async throws {
    try await machine.put("old", "file")
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.open("file", [.write, .truncate])
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("mine", in: file) == .ioFailure)
    }
    try await machine.put("theirs", "file")
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("file") == "theirs")
    let beside = try #require(try await machine.keys.first { $0.hasPrefix("file.recovered-") })
    #expect(try await machine.text(ObjectKey(beside)) == "mine")
    #expect(machine.sessions.isEmpty)
  }

  @Test("a patch of a version that is gone stays unsaved, and is uploaded beside only when forced")
  func lostBase() async throws {
    let old = String(repeating: "0123456789", count: 30_000)
    try await machine.put(old, "file")
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.open("file", [.write])
      faults.fail(.putObject, times: 99)
      // The rest of the version cannot be fetched either, while it exists.
      faults.fail(.getObject, times: .max)
      #expect(try await fileSystem.save("xx", at: 3, in: file) == .ioFailure)
    }
    try await machine.put("theirs", "file")
    #expect(try await machine.restart() == 1)
    #expect(machine.left.count == 1)
    #expect(try await machine.restart(force: true) == 0)
    #expect(try await machine.text("file") == "theirs")
    let beside = try #require(try await machine.keys.first { $0.hasPrefix("file.recovered-") })
    let saved = try #require(try await machine.text(ObjectKey(beside)))
    #expect(saved.hasPrefix("012xx") && saved.hasSuffix("\0") && saved.utf8.count == old.utf8.count)
  }

  @Test("an upload whose answer was lost is not made twice")
  func answerLost() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("new.txt")
      faults.fail(.putObject, times: 99, with: .timedOut, when: .after)
      // The check by HEAD fails, too.
      faults.fail(.headObject, times: 99, with: .timedOut)
      #expect(try await fileSystem.save("there", in: file) == .timedOut)
    }
    #expect(try await machine.text("new.txt") == "there")
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["new.txt"])
    #expect(machine.sessions.isEmpty)
  }

  // Regression, seen on LocalStack: a PUT died with its client while another PUT of the key was in flight.
  @Test("a file whose object cannot be read stays on record, and is sent again") func unreadable() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("f")
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("bytes", in: file) == .ioFailure)
    }
    // The second time, the object has this state's headers, and cannot be read.
    for _ in 0..<2 {
      try await machine.process { fileSystem, faults in
        faults.fail(.getObject, times: 99, with: .integrityMismatch)
        #expect(await machine.recovery(fileSystem).uploadFiles() == 1)
      }
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("f") == "bytes")
    #expect(try await machine.keys == ["f"])
  }

  @Test("a file that is deleted, or saved by a later retry, leaves nothing to recover")
  func settledInTime() async throws {
    try await machine.process { fileSystem, faults in
      let (first, second) = (try await fileSystem.createFile("a"), try await fileSystem.createFile("b"))
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("a", in: first) != nil)
      #expect(try await fileSystem.save("b", in: second) != nil)
      #expect(machine.left.count == 2)
      try await fileSystem.names.unlink("a", in: try await fileSystem.inode(""))
      #expect(machine.left.map(\.name) == ["s3://bucket/b"])
      faults.heal()
      #expect(await fileSystem.saving.retryUnsaved().isEmpty)
      #expect(machine.left.isEmpty)
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["b"])
  }

  @Test("a renamed unsaved file is recovered under its new name")
  func renamed() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("old-name")
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("x", in: file) != nil)
      let parent = try await fileSystem.inode("")
      try await fileSystem.moves.rename("old-name", in: parent, to: "new-name", in: parent, flags: [])
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["new-name"])
  }

  /// No close has acknowledged these bytes, so they never get the file's name in S3; but none of them is lost.
  @Test("a file not closed at shutdown is put beside its name by the next start", arguments: [false, true])
  func shutDown(refuses: Bool) async throws {
    try await machine.put("good", "old.txt")
    try await machine.process { fileSystem, faults in
      let new = try await fileSystem.createFile("new.txt")
      _ = try await fileSystem.files.write(Array("half of new".utf8), at: 0, to: new.handle)
      let old = try await fileSystem.open("old.txt", [.write, .truncate])
      _ = try await fileSystem.files.write(Array("half of old".utf8), at: 0, to: old.handle)
      if refuses { faults.fail(nil, times: 9999) }
      let left = await fileSystem.saving.shutDown(deadline: .seconds(5))
      #expect(left == Unsaved(stillOpen: ["s3://bucket/new.txt", "s3://bucket/old.txt"]))
      #expect(machine.left.allSatisfy { $0.reason?.contains("still open when the run ended") == true })
    }
    #expect(try await machine.keys == ["old.txt"])
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("old.txt") == "good")
    let beside = try await machine.keys.filter { $0.contains(".recovered-") }
    #expect(beside.map { String($0.prefix(7)) } == ["new.txt", "old.txt"])
    for key in beside {
      #expect(try await machine.text(ObjectKey(key)) == "half of " + key.prefix(3))
    }
  }

  enum Change: CaseIterable { case none, overwritten, deleted }

  /// Ends a run while a program still has a file open to which it appends.
  private func endDuringAnAppend(to text: String) async throws {
    try await machine.put(text, "log")
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.open("log", [.write])
      _ = try await fileSystem.files.write(Array("two".utf8), at: Int64(text.utf8.count), to: file.handle)
      _ = await fileSystem.saving.shutDown(deadline: .seconds(5))
    }
  }

  @Test(
    "bytes before an append that was still open are those of the version in S3", arguments: Change.allCases,
    ["one ", String(repeating: "0123456789", count: 30_000)])
  func appending(change: Change, text: String) async throws {
    try await endDuringAnAppend(to: text)
    switch change {
    case .none: break
    case .overwritten: try await machine.put("theirs", "log")
    case .deleted: try await machine.memory.deleteObject(ObjectReference(bucket: "bucket", key: "log"), versionID: nil)
    }
    #expect(try await machine.restart() == (change == .none ? 0 : 1))
    if change != .none {
      #expect(!(try await machine.keys).contains { $0.hasPrefix("log.recovered-") })
      #expect(try await machine.restart(force: true) == 0)
    }
    let beside = try #require(try await machine.keys.first { $0.hasPrefix("log.recovered-") })
    let zeros = String(repeating: "\0", count: text.utf8.count)
    #expect(try await machine.text(ObjectKey(beside)) == (change == .none ? text : zeros) + "two")
    #expect(try await machine.text("log") == [.none: text, .overwritten: "theirs"][change])
    #expect(machine.sessions.isEmpty)
  }

  @Test("an append that was still open waits while the version in S3 cannot be read, even when forced")
  func appendingUnreadable() async throws {
    let text = String(repeating: "0123456789", count: 30_000)
    try await endDuringAnAppend(to: text)
    try await machine.process { fileSystem, faults in
      faults.fail(.getObject, times: 99)
      #expect(await machine.recovery(fileSystem).uploadFiles(force: true) == 1)
    }
    #expect(try await machine.restart() == 0)
    let beside = try #require(try await machine.keys.first { $0.hasPrefix("log.recovered-") })
    #expect(try await machine.text(ObjectKey(beside)) == text + "two")
  }

  @Test("shutdown keeps the closed state that S3 refused, not what was written since")
  func shutDownAfterAClose() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("new.txt")
      faults.fail(nil, times: 9999)
      #expect(try await fileSystem.save("closed", in: file) == .ioFailure)
      _ = try await fileSystem.files.write(Array("since".utf8), at: 0, to: file.handle)
      #expect(await fileSystem.saving.shutDown(deadline: .seconds(5)) == Unsaved(closed: ["s3://bucket/new.txt"]))
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["new.txt"])
    #expect(try await machine.text("new.txt") == "closed")
  }

  @Test("sessions of running processes and of other endpoints are not touched")
  func others() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 99)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("kept", in: file) == .ioFailure)
      #expect(try await machine.start() == 0)
      #expect(RecoverableFile.discard(in: machine.cacheDirectory).isEmpty)
      #expect(machine.left.count == 1)
    }
    try await machine.process { fileSystem, _ in
      fileSystem.spool.endpoint.withLock { $0 = "http://elsewhere" }
      #expect(machine.recovery(fileSystem).isEmpty)
    }
    #expect(machine.left.count == 1)
    #expect(RecoverableFile.discard(in: machine.cacheDirectory) == ["s3://bucket/new.txt"])
    #expect(machine.sessions.isEmpty)
  }

  @Test("a large file has a record while it is uploaded")
  func uploading() async throws {
    let large = String(repeating: "0123456789abcdef", count: 128 << 10)
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("large")
      _ = try await fileSystem.files.write(Array(large.utf8), at: 0, to: file.handle)
      let hold = faults.hold(.putObject)
      let upload = Task { try await fileSystem.files.flush(file.handle, othersOpen: false) }
      await hold.reached()
      #expect(machine.left.map(\.name) == ["s3://bucket/large"])
      upload.cancel()
      hold.release()
      _ = await upload.result
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("large") == large)
  }
}
