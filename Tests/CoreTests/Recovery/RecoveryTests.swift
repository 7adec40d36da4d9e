import Dispatch
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite("What a dead process left unsaved")
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

  // A retry that fails and the end of the run write the same file's record down at once.
  @Test("a record that several write at once is whole at every moment, and at last the newest")
  func recordsAtOnce() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 999)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("kept", in: file) == .ioFailure)
      fileSystem.retries.withLock { $0?.cancel() }
      let inode = try await fileSystem.inode("new.txt")
      let content = try #require(fileSystem.inodes.withLock { $0[inode]?.content })
      let path = try #require(machine.left.first).path + UnsavedRecord.suffix
      let damaged = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: 400) { index in
        content.with { $0.failure = FileSystemError(.ioFailure, String(repeating: "x", count: index % 7 * 10)) }
        try? content.journal(at: Timestamp(seconds: 0), durably: index % 2 == 0)
        if Disk.read(path).flatMap({ UnsavedRecord(decoding: $0) }) == nil { damaged.add(1, ordering: .relaxed) }
      }
      #expect(damaged.load(ordering: .relaxed) == 0)
      let last = Disk.read(path).flatMap { UnsavedRecord(decoding: $0) }
      #expect(last?.reason == content.with { $0.failure?.message })
    }
  }

  @Test("a change in the middle is laid over the version that it was made on")
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

  @Test("an object changed since is kept, and what was unsaved stands beside it")
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

  @Test("a patch of a version that is gone stays, and is uploaded beside only when forced")
  func lostBase() async throws {
    try await machine.put("0123456789", "file")
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.open("file", [.write])
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("xx", at: 3, in: file) == .ioFailure)
    }
    try await machine.put("theirs", "file")
    #expect(try await machine.restart() == 1)
    #expect(machine.left.count == 1)
    #expect(try await machine.restart(force: true) == 0)
    #expect(try await machine.text("file") == "theirs")
    let beside = try #require(try await machine.keys.first { $0.hasPrefix("file.recovered-") })
    #expect(try await machine.text(ObjectKey(beside)) == "\0\0\0xx\0\0\0\0\0")
  }

  @Test("an upload whose answer was lost is not made twice")
  func answerLost() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 99, with: .timedOut, when: .after)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("there", in: file) == .timedOut)
    }
    #expect(try await machine.text("new.txt") == "there")
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["new.txt"])
    #expect(machine.sessions.isEmpty)
  }

  @Test("a file that is deleted, or saved by a later try, leaves nothing to recover")
  func settledInTime() async throws {
    try await machine.process { fileSystem, faults in
      let (first, second) = (try await fileSystem.createFile("a"), try await fileSystem.createFile("b"))
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("a", in: first) != nil)
      #expect(try await fileSystem.save("b", in: second) != nil)
      #expect(machine.left.count == 2)
      try await fileSystem.unlink("a", in: try await fileSystem.inode(""))
      #expect(machine.left.map(\.name) == ["s3://bucket/b"])
      faults.heal()
      #expect(await fileSystem.retryUnsaved().isEmpty)
      #expect(machine.left.isEmpty)
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["b"])
  }

  @Test("what is unsaved follows its file to another name")
  func renamed() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("old-name")
      faults.fail(.putObject, times: 99)
      #expect(try await fileSystem.save("x", in: file) != nil)
      let parent = try await fileSystem.inode("")
      try await fileSystem.rename("old-name", in: parent, to: "new-name", in: parent, flags: [])
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.keys == ["new-name"])
  }

  @Test("the end of a process that cannot upload leaves everything for the next")
  func shutDown() async throws {
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("open.txt")
      _ = try await fileSystem.write(Array("never closed".utf8), at: 0, to: file.handle)
      faults.fail(nil, times: 9999)
      #expect(await fileSystem.shutDown(deadline: .seconds(5)) == ["s3://bucket/open.txt"])
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("open.txt") == "never closed")
  }

  @Test("a living process's session is not touched, and an endpoint's not by another")
  func others() async throws {
    try await machine.process { fileSystem, faults in
      faults.fail(.putObject, times: 99)
      let file = try await fileSystem.createFile("new.txt")
      #expect(try await fileSystem.save("kept", in: file) == .ioFailure)
      #expect(try await machine.restart() == 0)
      #expect(LeftUnsaved.discard(in: machine.cacheDirectory).isEmpty)
      #expect(machine.left.count == 1)
    }
    try await machine.process { fileSystem, _ in
      fileSystem.spool.endpoint.withLock { $0 = "http://elsewhere" }
      #expect(machine.recovery(fileSystem).isEmpty)
    }
    #expect(machine.left.count == 1)
    #expect(LeftUnsaved.discard(in: machine.cacheDirectory) == ["s3://bucket/new.txt"])
    #expect(machine.sessions.isEmpty)
  }

  @Test("a large file being uploaded is on record before S3 has it")
  func uploading() async throws {
    let large = String(repeating: "0123456789abcdef", count: 128 << 10)
    try await machine.process { fileSystem, faults in
      let file = try await fileSystem.createFile("large")
      _ = try await fileSystem.write(Array(large.utf8), at: 0, to: file.handle)
      let hold = faults.hold(.putObject)
      let upload = Task { try await fileSystem.flush(file.handle, othersOpen: false) }
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
