// SEMANTICS: 5.5
import Core
import S3
import TestSupport
import Testing

/// A directory's times change when names in it are added or removed, by any client.
struct DirectoryTimesTests {
  private let world = World()

  private func modified(_ path: String) async throws -> Timestamp {
    let attributes = try await world.fileSystem.lookups.attributes(of: try await world.inode(path), handle: nil)
      .attributes
    #expect(attributes.changed >= attributes.modified)
    return attributes.modified
  }

  /// Returns which of `bucket/a` and `bucket/b` have new times after the change; time passes before and after it.
  private func moved(by change: () async throws -> Void) async throws -> [String] {
    let paths = ["bucket/a", "bucket/b"]
    var before: [Timestamp] = []
    for path in paths {
      _ = try await world.names(path)
      before.append(try await modified(path))
    }
    world.time.advance(by: .seconds(3))
    try await change()
    var moved: [String] = []
    for (path, old) in zip(paths, before) {
      let now = try await modified(path)
      #expect(now >= old)
      if now > old { moved.append(path) }
    }
    return moved
  }

  @Test(arguments: [
    "create", "write", "mkdir", "symlink", "unlink", "rmdir", "rename", "rename over", "rename across",
    "rename of a directory", "chmod", "gateway",
  ])
  func ownChanges(_ name: String) async throws {
    for directory in ["a", "b"] {
      world.memory.put("bucket", ObjectKey(directory + "/"))
      world.memory.put("bucket", ObjectKey(directory + "/there"), "x")
      world.memory.put("bucket", ObjectKey(directory + "/sub/f"), "x")
    }
    let fileSystem = world.fileSystem
    let a = try await world.inode("bucket/a")
    let moved = try await moved {
      switch name {
      case "create":
        _ = try await fileSystem.files.create("new", in: a, permissions: 0o644, flags: [.write], caller: World.caller)
      case "write": try await world.write("longer", to: "bucket/a/there")
      case "mkdir": _ = try await fileSystem.names.makeDirectory("new", in: a, permissions: 0o755, caller: World.caller)
      case "symlink": _ = try await fileSystem.names.makeSymbolicLink("new", in: a, target: "x", caller: World.caller)
      case "unlink": try await fileSystem.names.unlink("there", in: a)
      case "rmdir":
        try await fileSystem.names.unlink("f", in: try await world.inode("bucket/a/sub"))
        let before = try await modified("bucket/a")
        world.time.advance(by: .milliseconds(10))
        try await fileSystem.names.removeDirectory("sub", in: a)
        #expect(try await modified("bucket/a") > before)
      case "rename": try await world.rename("bucket/a/there", to: "bucket/a/other")
      case "rename over": try await world.rename("bucket/a/there", to: "bucket/b/there")
      case "rename across": try await world.rename("bucket/a/there", to: "bucket/b/new")
      case "rename of a directory": try await world.rename("bucket/a/sub", to: "bucket/b/new")
      case "chmod":
        var changes = AttributeChanges()
        changes.permissions = 0o600
        _ = try await fileSystem.attributeWriter.setAttributes(
          of: try await world.inode("bucket/a/there"), to: changes, handle: nil)
      default:
        _ = try await fileSystem.edits.delete(ObjectPath(bucket: "bucket", key: "a/there"), recursive: false)
      }
    }
    switch name {
    case "write", "chmod": #expect(moved == [])
    case "rename over", "rename across", "rename of a directory": #expect(moved == ["bucket/a", "bucket/b"])
    default: #expect(moved == ["bucket/a"])
    }
  }

  @Test func theLaterUploadOfANewFileIsNoSecondChange() async throws {
    world.memory.put("bucket", "a/")
    let a = try await world.inode("bucket/a")
    let made = try await world.fileSystem.files.create(
      "new", in: a, permissions: 0o644, flags: [.write], caller: World.caller)
    let before = try await modified("bucket/a")
    world.time.advance(by: .seconds(3))
    _ = try await world.fileSystem.files.write([1], at: 0, to: made.file.handle)
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(try await modified("bucket/a") == before)
  }

  @Test func othersChangesAreSeenWithTheListing() async throws {
    world.memory.put("bucket", "a/one", "x")
    world.memory.put("bucket", "b/one", "x")
    let added = try await moved {
      world.memory.put("bucket", "a/two", "x")
      _ = try await world.names("bucket/a")
    }
    #expect(added == ["bucket/a"])
    let replaced = try await moved {
      world.memory.put("bucket", "a/two", "other")
      _ = try await world.names("bucket/a")
    }
    #expect(replaced == [])
    let root = try await world.fileSystem.lookups.attributes(of: .root, handle: nil).attributes.modified
    world.time.advance(by: .seconds(3))
    try await world.memory.createBucket("other")
    _ = try await world.names("")
    #expect(try await world.fileSystem.lookups.attributes(of: .root, handle: nil).attributes.modified > root)
  }

  /// As tar, rsync and `cp -a` set them in the end.
  @Test(arguments: ["bucket/a", "bucket"])
  func timesThatAreSetStay(path: String) async throws {
    world.memory.put("bucket", "a/there", "x")
    try await world.write("x", to: path + "/new")
    var changes = AttributeChanges()
    changes.modified = Timestamp(seconds: 1_000_000_000)
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode(path), to: changes, handle: nil)
    world.time.advance(by: .seconds(3))
    _ = try await world.names(path)
    #expect(try await modified(path) == Timestamp(seconds: 1_000_000_000))
  }

  @Test func aRenamedDirectoryKeepsItsTime() async throws {
    world.memory.put("bucket", "a/there", "x")
    try await world.write("x", to: "bucket/a/new")
    let before = try await modified("bucket/a")
    world.time.advance(by: .seconds(3))
    try await world.rename("bucket/a", to: "bucket/c")
    #expect(try await modified("bucket/c") == before)
  }
}
