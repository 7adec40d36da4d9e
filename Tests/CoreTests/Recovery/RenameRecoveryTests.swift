import S3
import TestSupport
import Testing

@testable import Core

@Suite("Renames of directories that were cut short")
struct RenameRecoveryTests {
  let machine = Machine()
  let names = ["a", "b", "c", "d/e"]

  private func fill() async throws {
    for name in names { try await machine.put(name, ObjectKey("from/" + name)) }
  }

  /// Renames while S3 fails in some way that it never recovers from.
  private func killedRename(_ break: (FaultyStore) -> Void) async throws {
    try await fill()
    try await machine.process { fileSystem, faults in
      let parent = try await fileSystem.inode("")
      _ = try await fileSystem.inode("from")
      `break`(faults)
      await #expect(throws: FileSystemError.self) {
        try await fileSystem.rename("from", in: parent, to: "to", in: parent, flags: [])
      }
    }
  }

  @Test("one that died while copying is undone")
  func copying() async throws {
    try await killedRename { faults in
      faults.fail(.copyObject, call: 3, times: 99)
      faults.fail(.deleteObjects, times: 99)
    }
    try await machine.restart()
    #expect(try await machine.keys == names.map { "from/" + $0 })
    #expect(machine.sessions.isEmpty)
  }

  @Test("one that died while deleting is completed")
  func deleting() async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    #expect(try await machine.keys.count == 8)
    try await machine.restart()
    #expect(try await machine.keys == names.map { "to/" + $0 })
    #expect(machine.sessions.isEmpty)
  }

  @Test("what was changed at the source meanwhile is not deleted, and neither copy is")
  func changedSource() async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    try await machine.put("changed", "from/a")
    try await machine.restart()
    #expect(try await machine.keys == ["from/a"] + names.map { "to/" + $0 })
    #expect(try await machine.text("from/a") == "changed")
  }

  @Test("one that failed and cleaned up after itself leaves no trace")
  func failed() async throws {
    try await killedRename { $0.fail(.copyObject, call: 3) }
    #expect(try await machine.keys == names.map { "from/" + $0 })
    try await machine.restart()
    #expect(try await machine.keys == names.map { "from/" + $0 })
  }

  @Test("an intent cut short by the machine's end is none")
  func torn() async throws {
    let session = try SpoolSession.create(
      below: machine.cacheDirectory + "/spool", owner: .init(endpoint: "", process: 1, started: 0))
    try Disk.write(Array("{\"version\":1,\"buck".utf8), to: session.newPath() + ".rename", durably: false)
    #expect(RenameIntent(path: session.path + "/1.rename") == nil)
  }

  @Test("multipart uploads that were begun and not ended are aborted")
  func multipart() async throws {
    let reference = ObjectReference(bucket: "bucket", key: "large")
    let (open, done) = try await machine.process { fileSystem, _ in
      let open = try await fileSystem.store.createMultipartUpload(reference, properties: .init())
      let done = try await fileSystem.store.createMultipartUpload(reference, properties: .init())
      fileSystem.uploadJournal.began(open)
      fileSystem.uploadJournal.began(done)
      fileSystem.uploadJournal.ended(done)
      return (open, done)
    }
    try await machine.restart()
    let left = try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "")
    #expect(left == [done])
    #expect(open != done)
    #expect(machine.sessions.isEmpty)
  }
}
