// SEMANTICS: 3.1, 3.7
import S3
import TestSupport
import Testing

@testable import Core

/// 3.5 A refused upload is retried while the process lives, whatever happens to the name meanwhile.
struct LateUploadTests {
  private let world = World()

  /// Closes `bucket/dir/f` with "old", which S3 refuses.
  private func refuse(_ text: String = "old") async throws {
    world.memory.put("bucket", "dir/", "")
    world.faults.fail(.putObject, times: 1)
    #expect(await failure { try await world.write(text, to: "bucket/dir/f") } == .ioFailure)
  }

  enum Change: String, CaseIterable {
    case renameOfDirectory, rename, put, delete, deleteRecursive, move, moveOfDirectory, unlink
  }

  private func perform(_ change: Change) async throws {
    let fileSystem = world.fileSystem
    let (path, directory) = (ObjectPath(bucket: "bucket", key: "dir/f"), ObjectPath(bucket: "bucket", key: "dir/"))
    switch change {
    case .renameOfDirectory: try await world.rename("bucket/dir", to: "bucket/dir2")
    case .rename: try await world.rename("bucket/dir/f", to: "bucket/dir/g")
    case .put:
      let writer = try fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .none)
      try await writer.append(Array("new".utf8))
      _ = try await writer.finish()
    case .delete: _ = try await fileSystem.edits.delete(path, recursive: false)
    case .deleteRecursive: _ = try await fileSystem.edits.delete(directory, recursive: true)
    case .move: try await fileSystem.edits.move(path, to: ObjectPath(bucket: "bucket", key: "dir/g"), replace: false)
    case .moveOfDirectory:
      try await fileSystem.edits.move(directory, to: ObjectPath(bucket: "bucket", key: "dir2/"), replace: false)
    case .unlink: try await fileSystem.names.unlink("f", in: try await world.inode("bucket/dir"))
    }
  }

  /// Checks that nothing is left to retry, and that S3 and the mount have what the change made of "old".
  private func require(_ change: Change) async throws {
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    let expected: [String: String] =
      switch change {
      case .renameOfDirectory, .moveOfDirectory: ["dir2/f": "old", "dir2/other": "x"]
      case .rename, .move: ["dir/g": "old", "dir/other": "x"]
      case .put: ["dir/f": "new", "dir/other": "x"]
      case .delete, .unlink: ["dir/other": "x"]
      case .deleteRecursive: [:]
      }
    #expect(contents() == expected)
    world.time.advance(by: .seconds(3))
    for (key, text) in expected { #expect(try await world.read("bucket/" + key) == text) }
  }

  @Test("3.5 a file that S3 refused is readable by its path while S3 does not answer")
  func readWithoutServer() async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", "dir/", "")
    world.faults.fail(.putObject, times: 1)
    #expect(await failure { try await world.write("old", to: "bucket/dir/f") } == .ioFailure)
    for operation in [StoreOperation.listObjects, .listBuckets, .headObject, .getObject, .putObject] {
      world.faults.fail(operation, times: 1000)
    }
    world.time.advance(by: .seconds(60))
    #expect(try await world.read("bucket/dir/f") == "old")
    #expect(try await world.find("bucket/dir/f")?.attributes.size == 3)
    #expect(await failure { _ = try await world.find("bucket/other") } == .ioFailure)
  }

  enum NextUpload: String, CaseIterable {
    case release, closeAgain, sync, attributes, rename, renameOfDirectory, retry, shutDown
  }

  // Regression: the release after a refused close overwrote what others had written since.
  @Test(
    "3.7 a refused upload never replaces what others wrote since, whatever retries it",
    arguments: NextUpload.allCases, ["new", "replaced", "appended"])
  func laterThanOthers(_ next: NextUpload, _ kind: String) async throws {
    let fileSystem = world.fileSystem
    world.memory.put("bucket", "dir/", "")
    if kind != "new" { world.memory.put("bucket", "dir/f", "old") }
    let directory = try await world.inode("bucket/dir")
    let file: FileHandle
    if kind == "new" {
      file = try await fileSystem.files.create(
        "f", in: directory, permissions: 0o600, flags: [.write], caller: World.caller
      ).file.handle
    } else {
      file = try await fileSystem.files.open(
        try await world.inode("bucket/dir/f"), flags: kind == "replaced" ? [.write, .truncate] : [.write, .append]
      ).handle
    }
    _ = try await fileSystem.files.write(Array("mine".utf8), at: 0, to: file)
    world.faults.fail(.putObject, times: 1)
    #expect(await failure { try await fileSystem.files.flush(file, othersOpen: false) } == .ioFailure)
    world.memory.put("bucket", "dir/f", "theirs")
    switch next {
    case .release: await fileSystem.files.release(file)
    case .closeAgain: #expect(await failure { try await fileSystem.files.flush(file, othersOpen: false) } == .stale)
    case .sync: #expect(await failure { try await fileSystem.files.synchronize(file) } == .stale)
    case .attributes:
      var wanted = AttributeChanges()
      wanted.permissions = 0o400
      _ = try? await fileSystem.attributeWriter.setAttributes(
        of: try await world.inode("bucket/dir/f"), to: wanted, handle: nil)
    case .rename: try? await world.rename("bucket/dir/f", to: "bucket/dir/g")
    case .renameOfDirectory: try? await world.rename("bucket/dir", to: "bucket/dir2")
    case .retry: _ = await fileSystem.saving.retryUnsaved()
    case .shutDown: _ = await fileSystem.saving.shutDown(deadline: .seconds(5))
    }
    if ![.release, .shutDown].contains(next) { await fileSystem.files.release(file) }
    _ = await fileSystem.saving.retryUnsaved()
    let texts = contents().filter { !$0.key.hasSuffix("/") }.values.sorted()
    #expect(texts == [kind == "appended" ? "oldmine" : "mine", "theirs"], "\(contents())")
  }

  /// An upload in flight must not end at a name that is gone, or over a newer object.
  @Test("a change of the name waits for the retry in flight", arguments: Change.allCases)
  func changes(_ change: Change) async throws {
    world.memory.put("bucket", "dir/other", "x")
    try await refuse()
    let gate = world.faults.hold(.putObject, when: .before)
    async let retried = world.fileSystem.saving.retryUnsaved()
    await gate.reached()
    let changing = Task { try await perform(change) }
    // Long enough for a change that does not wait; one that waits cannot end before the gate opens.
    for _ in 0..<200 { await Task.yield() }
    gate.release()
    try await changing.value
    _ = await retried
    try await require(change)
  }

  @Test("a change made before a retry is not undone by it", arguments: Change.allCases)
  func changesBefore(_ change: Change) async throws {
    world.memory.put("bucket", "dir/other", "x")
    try await refuse()
    try await perform(change)
    try await require(change)
  }

  /// A program that continues writing has two states: the refused one, and one that was never closed.
  @Test("a file that is being written does not come back after a recursive deletion") func deletionWhileOpen()
    async throws
  {
    world.memory.put("bucket", "dir/f", "first")
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/dir/f"), flags: [.write, .truncate])
    _ = try await world.fileSystem.files.write(Array("closed".utf8), at: 0, to: file.handle)
    world.faults.fail(.putObject, times: 1)
    #expect(await failure { try await world.fileSystem.files.flush(file.handle, othersOpen: false) } == .ioFailure)
    _ = try await world.fileSystem.files.write(Array("since".utf8), at: 0, to: file.handle)
    _ = try await world.fileSystem.edits.delete(ObjectPath(bucket: "bucket", key: "dir/"), recursive: true)
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == [:])
  }

  /// The objects of the bucket without markers.
  private func contents() -> [String: String] {
    let keys = (world.memory.keys("bucket") ?? []).filter { !$0.string.hasSuffix("/") }
    return Dictionary(uniqueKeysWithValues: keys.map { ($0.string, world.memory.text("bucket", $0) ?? "") })
  }

  enum Theirs: String, CaseIterable { case replaced, deleted, made }

  /// As after a restart, both are kept.
  @Test("what others did since the close stays; our file goes beside it", arguments: Theirs.allCases, [false, true])
  func others(_ theirs: Theirs, writeBack: Bool) async throws {
    let world = World { ($0.writeBack, $0.pauseBeforeUpload) = (writeBack, .seconds(600)) }
    if theirs != .made { world.memory.put("bucket", "f", "base") }
    if !writeBack { world.faults.fail(.putObject, times: 1) }
    let refused = await failure { try await world.write("ours", to: "bucket/f") }
    #expect(refused == (writeBack ? nil : .ioFailure))
    if theirs == .deleted {
      try await world.memory.deleteObject(ObjectReference(bucket: "bucket", key: "f"), versionID: nil)
    } else {
      world.memory.put("bucket", "f", "theirs")
    }
    #expect(await world.fileSystem.saving.shutDown(deadline: .seconds(60)).isEmpty)
    #expect(world.memory.text("bucket", "f") == (theirs == .deleted ? nil : "theirs"))
    let beside = (world.memory.keys("bucket") ?? []).filter { $0.string.hasPrefix("f.recovered-") }
    #expect(beside.map { world.memory.text("bucket", $0) } == ["ours"])
  }

  // Regression: the file was put beside the name, as if others had changed the object.
  @Test("a file truncated while S3 denied reading it replaces the object when retried") func truncatedUnseen()
    async throws
  {
    world.memory.put("bucket", "dir/f", "old")
    #expect(try await world.names("bucket/dir") == ["f"])
    for operation in [StoreOperation.headObject, .getObject] {
      world.faults.fail(operation, times: 1, with: .accessDenied)
    }
    world.faults.fail(.putObject, times: 1, with: .accessDenied)
    let flags: OpenFlags = [.write, .truncate]
    #expect(await failure { try await world.write("new", to: "bucket/dir/f", flags: flags) } == .accessDenied)
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["dir/f": "new"])
  }

  @Test("an own earlier attempt whose answer was lost is not taken for another client's write")
  func ownTry() async throws {
    world.memory.put("bucket", "f", "base")
    _ = try await world.names("bucket")
    world.faults.fail(.putObject, times: 1, when: .after)
    world.faults.fail(.headObject, times: .max)
    #expect(await failure { try await world.write("ours", to: "bucket/f") } == .ioFailure)
    world.faults.heal()
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["f": "ours"])
  }

  /// Bytes that were acknowledged, or must stay readable, do not depend on objects that others can replace.
  @Test("a closed copy or patch no longer needs its source", arguments: [false, true], [false, true])
  func sources(isPatch: Bool, writeBack: Bool) async throws {
    let world = World(unit: 1000) { ($0.writeBack, $0.pauseBeforeUpload) = (writeBack, .seconds(600)) }
    let old = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    world.memory.put("bucket", "from", old)
    let source = try await world.fileSystem.files.open(try await world.inode("bucket/from"), flags: [.read, .write])
      .handle
    let target: FileHandle
    var expected = old
    if isPatch {
      target = source
      _ = try await world.fileSystem.files.write([1, 2, 3], at: 20_000, to: target)
      expected.replaceSubrange(20_000..<20_003, with: [1, 2, 3])
    } else {
      target = try await world.fileSystem.files.create(
        "to", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller
      ).file.handle
      _ = try await world.fileSystem.files.copyRange(from: source, at: 0, to: target, at: 0, count: 50_000)
    }
    if !writeBack {
      for operation in [StoreOperation.putObject, .copyObject, .createMultipartUpload] {
        world.faults.fail(operation, times: .max)
      }
      #expect(await failure { try await world.fileSystem.files.flush(target, othersOpen: false) } == .ioFailure)
    } else {
      try await world.fileSystem.files.flush(target, othersOpen: false)
    }
    world.faults.heal()
    world.memory.put("bucket", "from", "theirs")
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    let name = (world.memory.keys("bucket") ?? []).first { $0.string != "from" }
    if isPatch && writeBack {
      // It was in S3 before it was replaced.
      #expect(name == nil)
    } else {
      #expect(name.map { world.memory.bytes("bucket", $0) == expected } == true)
    }
    #expect(world.memory.text("bucket", "from") == "theirs")
  }

  /// Regression (attack F4).
  @Test("truncate by path is a close of its own", arguments: [false, true]) func truncation(isOpen: Bool) async throws {
    try await refuse("longer")
    let inode = try await world.inode("bucket/dir/f")
    let reader = isOpen ? try await world.fileSystem.files.open(inode, flags: [.read]).handle : nil
    var changes = AttributeChanges()
    changes.size = 2
    _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    #expect(contents() == ["dir/f": "lo"])
    if let reader { await world.fileSystem.files.release(reader) }
    #expect(contents() == ["dir/f": "lo"])
  }

  @Test("truncate by path during a retry is saved") func truncationMeanwhile() async throws {
    try await refuse("longer")
    let inode = try await world.inode("bucket/dir/f")
    let gate = world.faults.hold(.putObject, when: .before)
    async let retried = world.fileSystem.saving.retryUnsaved()
    await gate.reached()
    let cutting = Task {
      var changes = AttributeChanges()
      changes.size = 2
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    }
    for _ in 0..<200 { await Task.yield() }
    gate.release()
    try await cutting.value
    _ = await retried
    #expect(contents() == ["dir/f": "lo"])
  }

  /// A name that only the mount has counts as taken.
  @Test("a request that must not replace anything does not replace a file that S3 refused")
  func conditions() async throws {
    let fileSystem = world.fileSystem
    world.memory.put("bucket", "src", "src")
    try await refuse()
    let (path, source) = (ObjectPath(bucket: "bucket", key: "dir/f"), ObjectPath(bucket: "bucket", key: "src"))
    #expect(
      await failure {
        let writer = try fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .ifAbsent)
        try await writer.append([1])
        _ = try await writer.finish()
      } == .preconditionFailed)
    #expect(await failure { try await fileSystem.edits.copy(source, to: path, replace: false) } == .alreadyExists)
    #expect(await failure { try await fileSystem.edits.move(source, to: path, replace: false) } == .alreadyExists)
    #expect(
      await failure {
        _ = try await fileSystem.edits.delete(ObjectPath(bucket: "bucket", key: "dir/"), recursive: false)
      }
        == .notEmpty)
    #expect(await fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["dir/f": "old", "src": "src"])
    #expect(await failure { try await fileSystem.edits.copy(source, to: path, replace: true) } == nil)
    #expect(await fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["dir/f": "src", "src": "src"])
  }

  @Test("what is not saved yet is no version, and no part of a state, that a condition could name")
  func conditionsOfMoves() async throws {
    let edits = world.fileSystem.edits
    try await refuse()
    let (path, elsewhere) = (ObjectPath(bucket: "bucket", key: "dir/f"), ObjectPath(bucket: "bucket", key: "elsewhere"))
    let directory = ObjectPath(bucket: "bucket", key: "dir/")
    let saved = TreeState(try await edits.knowledge.objects(below: directory.location).map { ($0.key, $0.etag) })
    for etag in [ETag(ofBody: Array("old".utf8)), ETag("another")] {
      #expect(
        await failure { _ = try await edits.move(path, to: elsewhere, replace: false, ifMatch: etag) }
          == .preconditionFailed)
    }
    #expect(
      await failure { _ = try await edits.move(directory, to: elsewhere, replace: false, ifState: saved) }
        == .preconditionFailed)
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["dir/f": "old"])
  }

  @Test("a copy over a name discards its refused upload") func copyOver() async throws {
    world.memory.put("bucket", "src", "src")
    try await refuse()
    let (path, source) = (ObjectPath(bucket: "bucket", key: "dir/f"), ObjectPath(bucket: "bucket", key: "src"))
    try await world.fileSystem.edits.copy(source, to: path, replace: true)
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(contents() == ["dir/f": "src", "src": "src"])
  }
}
