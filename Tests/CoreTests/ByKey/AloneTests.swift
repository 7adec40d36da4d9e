// SEMANTICS: 4.2, 4.3, 6.7
import S3
import TestSupport
import Testing

@testable import Core

/// Changes that check first and then act: two concurrent changes of this kind are serialized.
struct AloneTests {
  private let world = World()
  private var fileSystem: FileSystem { world.fileSystem }

  private func path(_ key: ObjectKey) -> ObjectPath { ObjectPath(bucket: "bucket", key: key) }

  /// Starts `first`, and `second` once `first` has checked and is about to act. Returns the error of each.
  private func both(
    holding operation: StoreOperation, _ first: @escaping @Sendable () async throws -> Void,
    _ second: @escaping @Sendable () async throws -> Void
  ) async -> [FileSystemError.Code?] {
    let gate = world.faults.hold(operation, when: .before)
    let early = Task { await failure(first) }
    await gate.reached()
    let late = Task { await failure(second) }
    // Long enough for a change that does not wait.
    for _ in 0..<200 { await Task.yield() }
    gate.release()
    return [await early.value, await late.value]
  }

  enum Change: String, CaseIterable { case move, copy, rename }

  @Test("4.3 of two objects moved to one name, the second is refused, and nothing is lost", arguments: Change.allCases)
  func twoToOneName(_ change: Change) async throws {
    for key in ["x", "y"] { world.memory.put("bucket", ObjectKey(key), key) }
    let (world, parent) = (world, try await world.inode("bucket"))
    let failures = await both(holding: .copyObject) {
      try await world.fileSystem.edits.move(path("x"), to: path("z"), replace: false)
    } _: {
      switch change {
      case .move: try await world.fileSystem.edits.move(path("y"), to: path("z"), replace: false)
      case .copy: try await world.fileSystem.edits.copy(path("y"), to: path("z"), replace: false)
      case .rename: try await world.fileSystem.moves.rename("y", in: parent, to: "z", in: parent, flags: .noReplace)
      }
    }
    #expect(failures == [nil, .alreadyExists])
    #expect(world.memory.text("bucket", "z") == "x" && world.memory.text("bucket", "y") == "y")
  }

  @Test("4.2 of two directories moved to one name, the second is refused; nothing is lost", arguments: [true, false])
  func twoDirectoriesToOneName(isRename: Bool) async throws {
    for key in ["x/a", "y/a"] { world.memory.put("bucket", ObjectKey(key), key) }
    let (world, parent) = (world, try await world.inode("bucket"))
    _ = try await world.inode("bucket/y")
    let failures = await both(holding: .copyObject) {
      try await world.fileSystem.edits.move(path("x/"), to: path("z/"), replace: false)
    } _: {
      guard isRename else {
        try await world.fileSystem.edits.move(path("y/"), to: path("z/"), replace: false)
        return
      }
      try await world.fileSystem.moves.rename("y", in: parent, to: "z", in: parent, flags: [])
    }
    #expect(failures == [nil, isRename ? .notEmpty : .alreadyExists])
    #expect(world.memory.keys("bucket") == ["y/a", "z/a"])
    #expect(world.memory.text("bucket", "z/a") == "x/a")
  }

  @Test("4.2 of two simultaneous moves of one source, only the first finds it", arguments: ["x", "x/"])
  func oneToTwoNames(_ source: ObjectKey) async throws {
    world.memory.put("bucket", source == "x" ? "x" : "x/a", "text")
    let world = world
    let ending = source == "x" ? "" : "/"
    let failures = await both(holding: .copyObject) {
      try await world.fileSystem.edits.move(path(source), to: path(ObjectKey("y" + ending)), replace: false)
    } _: {
      try await world.fileSystem.edits.move(path(source), to: path(ObjectKey("z" + ending)), replace: false)
    }
    #expect(failures == [nil, .notFound])
    #expect(world.memory.keys("bucket") == [source == "x" ? "y" : "y/a"])
  }

  @Test("4.2 a directory deleted during its move is at the new name, or gone", arguments: ["x/", "z/"])
  func deletedWhileMoved(_ deleted: ObjectKey) async throws {
    world.memory.put("bucket", "x/a", "text")
    let world = world
    let failures = await both(holding: .copyObject) {
      try await world.fileSystem.edits.move(path("x/"), to: path("z/"), replace: false)
    } _: {
      _ = try await world.fileSystem.edits.delete(path(deleted), recursive: true)
    }
    #expect(failures == [nil, deleted == "x/" ? .notFound : nil])
    #expect(world.memory.keys("bucket") == (deleted == "x/" ? ["z/a"] : []))
  }

  enum LateFile: String, CaseIterable { case new, opened, truncated }

  // Regression: the file was saved under the old name, or deleted after its close.
  @Test(
    "4.2 a file created or opened in a directory during its rename follows the rename", arguments: LateFile.allCases,
    [StoreOperation.copyObject, .deleteObjects])
  func lateFile(_ late: LateFile, during operation: StoreOperation) async throws {
    for key in ["d/f", "d/g"] { world.memory.put("bucket", ObjectKey(key), key) }
    let world = world
    let root = try await world.inode("bucket")
    let (directory, file) = (try await world.inode("bucket/d"), try await world.inode("bucket/d/f"))
    let failures = await both(holding: operation) {
      try await world.fileSystem.moves.rename("d", in: root, to: "e", in: root, flags: [])
    } _: {
      let files = world.fileSystem.files
      let handle: FileHandle
      switch late {
      case .new:
        let caller = Caller(user: 1, group: 1)
        handle = try await files.create("new", in: directory, permissions: 0o644, flags: [.write], caller: caller)
          .file.handle
      case .opened: handle = try await files.open(file, flags: [.write]).handle
      case .truncated: handle = try await files.open(file, flags: [.write, .truncate]).handle
      }
      _ = try await files.write(Array("late".utf8), at: 0, to: handle)
      try await files.flush(handle, othersOpen: false)
      await files.release(handle)
    }
    #expect(failures == [nil, nil])
    #expect(world.memory.keys("bucket") == (late == .new ? ["e/f", "e/g", "e/new"] : ["e/f", "e/g"]))
    #expect(world.memory.text("bucket", late == .new ? "e/new" : "e/f") == "late")
    #expect(try await world.names("bucket/e") == (late == .new ? ["f", "g", "new"] : ["f", "g"]))
  }

  enum Look: String, CaseIterable { case lookup, attributes, attributesOfFile, open, list }

  // Regression: untouched files were not found while their directory was renamed.
  @Test("4.2 no lookup sees a directory between its old and its new name", arguments: Look.allCases)
  func leaving(_ look: Look) async throws {
    let world = World { $0.ttl = nil }
    for key in ["d/f", "d/g"] { world.memory.put("bucket", ObjectKey(key), key) }
    let root = try await world.inode("bucket")
    let (directory, file) = (try await world.inode("bucket/d"), try await world.inode("bucket/d/f"))
    let gate = world.faults.hold(.deleteObjects, when: .after)
    let rename = Task { try await world.fileSystem.moves.rename("d", in: root, to: "e", in: root, flags: []) }
    await gate.reached()
    #expect(world.memory.keys("bucket") == ["e/f", "e/g"])
    let seen = Task { () async throws -> Bool in
      let fileSystem = world.fileSystem
      switch look {
      case .lookup:
        if let answer = fileSystem.lookups.cachedLookup("f", in: directory), case .absent = answer { return false }
        guard case .found = try await fileSystem.lookups.lookup("f", in: directory) else { return false }
        return true
      case .attributes:
        return try await fileSystem.lookups.attributes(of: directory, handle: nil).attributes.kind == .directory
      case .attributesOfFile:
        return try await fileSystem.lookups.attributes(of: file, handle: nil).attributes.size == 3
      case .open:
        let opened = try await fileSystem.files.open(file, flags: [.read])
        return try await fileSystem.files.read(opened.handle, at: 0, count: 9).count == 3
      case .list:
        let handle = try await fileSystem.streams.openDirectory(directory)
        return try fileSystem.streams.entries(of: handle, from: 0, limit: 9).map(\.name).sorted() == ["f", "g"]
      }
    }
    for _ in 0..<200 { await Task.yield() }
    gate.release()
    try await rename.value
    #expect(try await seen.value)
  }

  @Test("4.4 a failed rename of a bucket leaves no new bucket") func failedRenameOfBucket() async throws {
    world.memory.put("bucket", "f", "text")
    world.faults.fail(.copyObject, times: 9, with: .accessDenied)
    _ = try await world.inode("bucket")
    let failure = await failure {
      try await world.fileSystem.moves.rename("bucket", in: .root, to: "bucket-2", in: .root, flags: [])
    }
    #expect(failure == .accessDenied)
    #expect(try await world.names("") == ["bucket"])
  }

  enum Inside: String, CaseIterable {
    case delete, unlink, moveOut, renameOut, moveWithin, putIntoDestination, moveIntoDestination, metadata, tags, mode,
      attribute,
      modeOfDirectory, deleteBelow, symbolicLink
  }

  // Regression: changes made inside a directory during its rename were undone, or made twice.
  @Test(
    "4.2 a change in a directory during its rename happens before or after the rename", arguments: Inside.allCases,
    [true, false])
  func inside(_ change: Inside, renamedInMount: Bool) async throws {
    for key in ["d/f", "d/g", "d/sub/h", "other"] { world.memory.put("bucket", ObjectKey(key), key) }
    let world = world
    let root = try await world.inode("bucket")
    let (directory, file) = (try await world.inode("bucket/d"), try await world.inode("bucket/d/f"))
    let failures = await both(holding: .copyObject) {
      guard renamedInMount else {
        try await world.fileSystem.edits.move(path("d/"), to: path("e/"), replace: false)
        return
      }
      try await world.fileSystem.moves.rename("d", in: root, to: "e", in: root, flags: [])
    } _: {
      let fileSystem = world.fileSystem
      var mode = AttributeChanges()
      mode.permissions = 0o700
      switch change {
      case .delete: _ = try await fileSystem.edits.delete(path("d/f"), recursive: false)
      case .unlink: try await fileSystem.names.unlink("f", in: directory)
      case .moveOut: try await fileSystem.edits.move(path("d/f"), to: path("out"), replace: false)
      case .renameOut: try await fileSystem.moves.rename("f", in: directory, to: "out", in: root, flags: [])
      case .moveWithin: try await fileSystem.edits.move(path("d/f"), to: path("d/new"), replace: false)
      case .putIntoDestination:
        let writer = try fileSystem.edits.writer(to: path("e/f"), properties: ObjectProperties(), condition: .ifAbsent)
        try await writer.append(Array("put".utf8))
        _ = try await writer.finish()
      case .moveIntoDestination: try await fileSystem.edits.move(path("other"), to: path("e/f"), replace: false)
      case .metadata:
        _ = try await fileSystem.edits.change(path("d/f"), to: DetailChanges(metadata: ["a": "1"]), ifMatch: nil)
      case .tags: _ = try await fileSystem.edits.change(path("d/f"), to: DetailChanges(tags: ["t": "1"]), ifMatch: nil)
      case .mode: _ = try await fileSystem.attributeWriter.setAttributes(of: file, to: mode, handle: nil)
      case .attribute:
        try await fileSystem.attributeWriter.setExtendedAttribute("user.a", to: [1], of: file, mode: .createOrReplace)
      case .modeOfDirectory:
        _ = try await fileSystem.attributeWriter.setAttributes(of: directory, to: mode, handle: nil)
      case .deleteBelow: _ = try await fileSystem.edits.delete(path("d/sub/"), recursive: true)
      case .symbolicLink:
        _ = try await fileSystem.names.makeSymbolicLink("link", in: directory, target: "t", caller: World.caller)
      }
    }
    #expect(failures[0] == nil)
    let isDone = failures[1] == nil
    let keys = Set((world.memory.keys("bucket") ?? []).map(\.string))
    #expect(!keys.contains { $0.hasPrefix("d/") }, "\(keys)")
    #expect(keys.contains("e/g"))
    switch change {
    case .delete, .unlink: #expect(keys.contains("e/f") != isDone)
    case .moveOut, .renameOut:
      #expect(keys.contains("e/f") != isDone && keys.contains("out") == isDone)
    case .moveWithin: #expect(keys.contains("e/f") != isDone && keys.contains("e/new") == isDone)
    case .putIntoDestination, .moveIntoDestination:
      #expect(!isDone && world.memory.text("bucket", "e/f") == "d/f" && keys.contains("other"))
    case .metadata: #expect((world.memory.head("bucket", "e/f")?.properties.userMetadata["a"] == "1") == isDone)
    case .tags: #expect((world.memory.tags("bucket", "e/f")?.count == 1) == isDone)
    case .mode:
      let metadata = world.memory.head("bucket", "e/f")?.properties.userMetadata ?? [:]
      #expect((PosixMetadata(userMetadata: metadata).permissions == 0o700) == isDone)
    case .attribute:
      let metadata = world.memory.head("bucket", "e/f")?.properties.userMetadata ?? [:]
      #expect((PosixMetadata(userMetadata: metadata).xattrs["user.a"] == [1]) == isDone)
    case .modeOfDirectory:
      let metadata = world.memory.head("bucket", "e/")?.properties.userMetadata ?? [:]
      #expect((PosixMetadata(userMetadata: metadata).permissions == 0o700) == isDone)
    case .deleteBelow: #expect(keys.contains("e/sub/h") != isDone)
    case .symbolicLink: #expect(keys.contains("e/link") == isDone)
    }
  }

  enum Detail: String, CaseIterable { case metadata, headers, tags, mode }

  @Test("6.7 of two concurrent changes of headers, metadata or tags none is lost", arguments: Detail.allCases)
  func details(_ second: Detail) async throws {
    world.memory.put("bucket", "f", "text")
    let (world, inode) = (world, try await world.inode("bucket/f"))
    let failures = await both(holding: .copyObject) {
      _ = try await world.fileSystem.edits.change(path("f"), to: DetailChanges(metadata: ["a": "1"]), ifMatch: nil)
    } _: {
      switch second {
      case .metadata:
        _ = try await world.fileSystem.edits.change(path("f"), to: DetailChanges(metadata: ["b": "1"]), ifMatch: nil)
      case .headers:
        _ = try await world.fileSystem.edits.change(
          path("f"), to: DetailChanges(headers: ["content-type": "text/csv"]), ifMatch: nil)
      case .tags:
        _ = try await world.fileSystem.edits.change(path("f"), to: DetailChanges(tags: ["t": "1"]), ifMatch: nil)
      case .mode:
        var changes = AttributeChanges()
        changes.permissions = 0o600
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
      }
    }
    #expect(failures == [nil, nil])
    let head = try #require(world.memory.head("bucket", "f"))
    let metadata = head.properties.userMetadata
    #expect(metadata["a"] == "1")
    switch second {
    case .metadata: #expect(metadata["b"] == "1")
    case .headers: #expect(head.properties.contentType == "text/csv")
    case .tags: #expect(head.tagCount == 1)
    case .mode: #expect(PosixMetadata(userMetadata: metadata).permissions == 0o600)
    }
  }
}
