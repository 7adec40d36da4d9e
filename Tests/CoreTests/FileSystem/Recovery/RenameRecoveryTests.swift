// SEMANTICS: 3.6, 4.2
import S3
import TestSupport
import Testing

@testable import Core

@Suite("Recovery of interrupted renames")
struct RenameRecoveryTests {
  let machine = Machine()
  let names = ["a", "b", "c", "d/e"]

  private func fill() async throws {
    for name in names { try await machine.put(name, ObjectKey("from/" + name)) }
  }

  /// Renames while S3 fails for good, as set up by the closure.
  private func killedRename(_ break: (FaultyStore) -> Void) async throws {
    try await fill()
    try await machine.process { fileSystem, faults in
      let parent = try await fileSystem.inode("")
      _ = try await fileSystem.inode("from")
      `break`(faults)
      await #expect(throws: FileSystemError.self) {
        try await fileSystem.moves.rename("from", in: parent, to: "to", in: parent, flags: [])
      }
    }
  }

  @Test("a rename killed while copying is undone")
  func copying() async throws {
    try await killedRename { faults in
      faults.fail(.copyObject, call: 3, times: 99)
      faults.fail(.deleteObjects, times: 99)
    }
    try await machine.restart()
    #expect(try await machine.keys == names.map { "from/" + $0 })
    #expect(machine.sessions.isEmpty)
  }

  @Test("a rename killed while deleting is completed")
  func deleting() async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    #expect(try await machine.keys.count == 8)
    try await machine.restart()
    #expect(try await machine.keys == names.map { "to/" + $0 })
    #expect(machine.sessions.isEmpty)
  }

  @Test("a rename outside the scope of the next start is left to a start that shows it")
  func outside() async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    try await machine.restart { $0.buckets = [BucketScope(bucket: "bucket", prefix: "elsewhere/")] }
    #expect(try await machine.keys.count == 8)
    try await machine.restart()
    #expect(try await machine.keys == names.map { "to/" + $0 })
  }

  @Test("a source changed meanwhile is not deleted, and neither is its copy")
  func changedSource() async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    try await machine.put("changed", "from/a")
    try await machine.restart()
    #expect(try await machine.keys == ["from/a"] + names.map { "to/" + $0 })
    #expect(try await machine.text("from/a") == "changed")
  }

  @Test(
    "a source written again with the same bytes and other headers is not deleted",
    arguments: [ObjectProperties(contentType: "text/csv"), .init(userMetadata: ["a": "b"])])
  func rewrittenSource(properties: ObjectProperties) async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    try await machine.put("a", "from/a", properties)
    try await machine.restart()
    #expect(try await machine.keys == ["from/a"] + names.map { "to/" + $0 })
  }

  @Test(
    "a single object written again with other headers is not deleted",
    arguments: [ObjectProperties(contentType: "text/csv"), .init(userMetadata: ["a": "b"])])
  func rewrittenObject(properties: ObjectProperties) async throws {
    try await killedRename(ofObjectOver: nil) {
      $0.fail(.deleteObject, times: 99)
      $0.fail(.deleteObjects, times: 99)
    }
    try await machine.put("text", "from", properties)
    try await machine.restart()
    #expect(try await machine.keys == ["from", "to"])
  }

  /// Renames one object in a process that dies.
  private func killedRename(ofObjectOver replaced: String?, _ break: (FaultyStore) -> Void) async throws {
    try await machine.put("text", "from")
    if let replaced { try await machine.put(replaced, "to") }
    try await machine.process { fileSystem, faults in
      let parent = try await fileSystem.inode("")
      _ = try await fileSystem.inode("from")
      if replaced != nil { _ = try await fileSystem.inode("to") }
      `break`(faults)
      await #expect(throws: FileSystemError.self) {
        try await fileSystem.moves.rename("from", in: parent, to: "to", in: parent, flags: [])
      }
    }
  }

  @Test("a rename of one object, killed before the deletion, is completed", arguments: [nil, "old", "text"])
  func deletingObject(replaced: String?) async throws {
    try await killedRename(ofObjectOver: replaced) {
      $0.fail(.deleteObject, times: 99)
      $0.fail(.deleteObjects, times: 99)
    }
    #expect(try await machine.keys == ["from", "to"])
    try await machine.restart()
    #expect(try await machine.keys == ["to"])
    #expect(try await machine.text("to") == "text")
    #expect(machine.sessions.isEmpty)
  }

  @Test("unsaved bytes at the destination are dropped once the rename has replaced it", arguments: [true, false])
  func replacesUnsaved(isCompleted: Bool) async throws {
    try await machine.put("text", "from")
    try await machine.put("old", "to")
    try await machine.process { fileSystem, faults in
      let parent = try await fileSystem.inode("")
      _ = try await fileSystem.inode("from")
      faults.fail(.putObject, times: 99)
      let file = try await fileSystem.open("to", [.read, .write])
      _ = try await fileSystem.files.write(Array("unsaved".utf8), at: 0, to: file.handle)
      await #expect(throws: FileSystemError.self) {
        try await fileSystem.files.flush(file.handle, othersOpen: false)
      }
      await fileSystem.files.release(file.handle)
      for operation in isCompleted ? [.deleteObject, .deleteObjects] : [StoreOperation.copyObject] {
        faults.fail(operation, times: 99)
      }
      await #expect(throws: FileSystemError.self) {
        try await fileSystem.moves.rename("from", in: parent, to: "to", in: parent, flags: [])
      }
      // Dropped after the copy: a retry of the upload would save them beside the new object.
      #expect(fileSystem.held.dirtyContents.isEmpty == isCompleted)
    }
    try await machine.restart()
    #expect(try await machine.keys == (isCompleted ? ["to"] : ["from", "to"]))
    #expect(try await machine.text("to") == (isCompleted ? "text" : "unsaved"))
    #expect(machine.sessions.isEmpty)
  }

  @Test("a rename of one object, killed before the copy, leaves both objects as they were", arguments: [nil, "old"])
  func copyingObject(replaced: String?) async throws {
    try await killedRename(ofObjectOver: replaced) { $0.fail(.copyObject, times: 99) }
    try await machine.restart()
    #expect(try await machine.text("from") == "text")
    #expect(try await machine.keys == (replaced == nil ? ["from"] : ["from", "to"]))
    if let replaced { #expect(try await machine.text("to") == replaced) }
    #expect(machine.sessions.isEmpty)
  }

  @Test("a rename of one object that others wrote meanwhile keeps what they wrote")
  func changedObject() async throws {
    try await killedRename(ofObjectOver: nil) {
      $0.fail(.deleteObject, times: 99)
      $0.fail(.deleteObjects, times: 99)
    }
    try await machine.put("changed", "from")
    try await machine.restart()
    #expect(try await machine.text("from") == "changed")
    #expect(try await machine.text("to") == "text")
  }

  @Test("a rename that failed and cleaned up leaves nothing to recover")
  func failed() async throws {
    try await killedRename { $0.fail(.copyObject, call: 3) }
    #expect(try await machine.keys == names.map { "from/" + $0 })
    try await machine.restart()
    #expect(try await machine.keys == names.map { "from/" + $0 })
  }

  @Test("an intent truncated by a crash of the machine is ignored")
  func torn() async throws {
    let session = try SpoolSession.create(
      below: machine.cacheDirectory + "/spool", owner: .init(endpoint: "", process: 1, started: 0))
    try Disk.write(Array("{\"version\":1,\"buck".utf8), to: session.newPath() + ".rename", durably: false)
    #expect(throws: RenameIntent.Unusable.torn) { try RenameIntent(path: session.path + "/1.rename") }
  }

  @Test(
    "an intent of an unknown format stays, and its objects are not touched",
    arguments: ["\"version\":1", ""])
  func notUnderstood(_ version: String) async throws {
    try await killedRename { $0.fail(.deleteObjects, times: 99) }
    let session = try #require(machine.sessions.first.map { machine.cacheDirectory + "/spool/" + $0 })
    let name = try #require(Disk.names(in: session).first { $0.hasSuffix(RenameIntent.suffix) })
    let intent = try #require(Disk.read("\(session)/\(name)"))
    // Another version's format, or a damaged first line.
    let changed =
      version.isEmpty
      ? "garbage" + String(decoding: intent, as: UTF8.self)
      : String(decoding: intent, as: UTF8.self).replacing(version, with: "\"version\":2")
    try Disk.write(Array(changed.utf8), to: "\(session)/\(name)", durably: false)
    let before = try await machine.keys
    try await machine.restart()
    #expect(try await machine.keys == before)
    #expect(Disk.names(in: session).contains(name))
  }

  @Test("a start killed while it settles a rename leaves that to the next start", arguments: [true, false])
  func settlingIsKilled(whileDeleting: Bool) async throws {
    try await killedRename { faults in
      if !whileDeleting { faults.fail(.copyObject, call: 3, times: 99) }
      faults.fail(.deleteObjects, times: 99)
    }
    try await machine.process { fileSystem, faults in
      faults.fail(.deleteObjects, times: 99)
      await machine.recovery(fileSystem).settle()
    }
    #expect(!machine.sessions.isEmpty)
    try await machine.restart()
    #expect(try await machine.keys == names.map { (whileDeleting ? "to/" : "from/") + $0 })
    #expect(machine.sessions.isEmpty)
  }

  @Test("multipart uploads that were not ended are aborted")
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

  @Test("an upload whose creation was not answered is aborted, and no other client's")
  func multipartWithoutAnswer() async throws {
    let large = ObjectReference(bucket: "bucket", key: "large")
    let others = ObjectReference(bucket: "bucket", key: "large.other")
    let kept = try await machine.memory.createMultipartUpload(others, properties: .init())
    try await machine.process { fileSystem, faults in
      faults.fail(.createMultipartUpload, with: .connectionFailed, when: .after)
      faults.fail(.listMultipartUploads, with: .connectionFailed)
      await #expect(throws: S3Error.self) {
        _ = try await fileSystem.uploadJournal.begin(large, properties: .init(), in: fileSystem.store)
      }
    }
    #expect(try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "").count == 2)
    try await machine.restart()
    #expect(try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "") == [kept])
    #expect(machine.sessions.isEmpty)
  }

  @Test("an upload of unknown id that could not be aborted is aborted by the next start")
  func multipartThatStays() async throws {
    let large = ObjectReference(bucket: "bucket", key: "large")
    try await machine.process { fileSystem, faults in
      faults.fail(.createMultipartUpload, with: .connectionFailed, when: .after)
      faults.fail(.abortMultipartUpload, times: 99)
      let upload = try await fileSystem.uploadJournal.begin(large, properties: .init(), in: fileSystem.store)
      fileSystem.uploadJournal.ended(upload)
    }
    #expect(try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "").count == 2)
    try await machine.restart()
    #expect(try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "").count == 1)
    #expect(machine.sessions.isEmpty)
  }

  @Test("an upload that S3 fails to abort is aborted later", arguments: [true, false])
  func multipartAbortedLater(atStop: Bool) async throws {
    let large = ObjectReference(bucket: "bucket", key: "large")
    try await machine.process { fileSystem, faults in
      faults.fail(.abortMultipartUpload)
      let upload = try await fileSystem.uploadJournal.begin(large, properties: .init(), in: fileSystem.store)
      await fileSystem.uploadJournal.abort(upload, in: fileSystem.store)
      #expect(try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "").count == 1)
      if atStop { _ = await fileSystem.saving.shutDown(deadline: .seconds(10)) }
      try await until {
        try await machine.memory.listMultipartUploads(bucket: "bucket", prefix: "").isEmpty
      }
    }
  }

  @Test("an upload to the same key begun at another time counts as another client's")
  func multipartOfOthers() {
    let reference = ObjectReference(bucket: "bucket", key: "large")
    let intent = UploadJournal.Intent(reference: reference, time: 1000)
    func isMeant(_ seconds: Int64?) -> Bool {
      intent.isMeant(
        MultipartUpload(reference: reference, id: "1", initiated: seconds.map { Timestamp(seconds: $0) }))
    }
    #expect(isMeant(1000) && isMeant(1010))
    #expect(!isMeant(900) && !isMeant(1100) && !isMeant(nil))
  }
}
