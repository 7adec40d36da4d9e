import Core
import S3
import TestSupport
import Testing

/// A walk through a tree: what it may ask of S3 (exact), and that it shows what is there.
struct WalkTests {
  /// Lists a tree as `find` does: each directory when it is met. Returns all paths.
  private func walk(_ world: World, _ path: String) async throws -> [String] {
    let handle = try await world.fileSystem.openDirectory(try await world.inode(path))
    let entries = try world.fileSystem.entries(of: handle, from: 0, limit: .max)
    world.fileSystem.releaseDirectory(handle)
    var paths: [String] = []
    for entry in entries {
      let child = "\(path)/\(entry.name)"
      paths.append(child)
      if entry.attributes.kind == .directory { paths += try await walk(world, child) }
    }
    return paths
  }

  private func number(_ index: Int) -> String { String(String(index + 1000).dropFirst()) }

  @Test func `find over 5,000 objects in 500 directories is 8 LIST`() async throws {
    let world = World()
    for directory in 0..<500 {
      for file in 0..<10 { world.memory.put("bucket", ObjectKey("tree/\(number(directory))/\(file)"), "x") }
    }
    _ = try await world.inode("bucket/tree")
    world.recorder.reset()
    #expect(try await walk(world, "bucket/tree").count == 5500)
    #expect(world.recorder.count(.listObjects) == 8)
    world.recorder.reset()
    #expect(try await walk(world, "bucket/tree").count == 5500)
    #expect(world.recorder.count(.listObjects) == 0)
  }

  @Test(arguments: [("", 11), ("0", 14)])
  func `a walk over a server that takes StartAfter for a directory, and passes over that`(
    names: (suffix: String, requests: Int)
  ) async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.passesDirectories = true
    let world = World(memory: InMemoryStore(buckets: ["bucket"], behaviour: behaviour))
    for directory in 0..<500 {
      for file in 0..<10 {
        world.memory.put("bucket", ObjectKey("tree/\(number(directory))\(names.suffix)/\(file)"), "x")
      }
    }
    _ = try await world.inode("bucket/tree")
    world.recorder.reset()
    #expect(try await walk(world, "bucket/tree").count == 5500)
    // A name that ends in 0 is passed over, and listed by itself; the page answers for those behind it.
    #expect(world.recorder.count(.listObjects) <= names.requests)
    // A directory that was listed tells itself that it has no marker: only those before the first page are asked for.
    #expect(world.recorder.count(.headObject) <= 6)
  }

  @Test func `a walk shows nested directories, markers, and names that sort apart from their keys`() async throws {
    let world = World()
    let keys: [ObjectKey] = [
      "t/a/1", "t/b", "t/b-/x", "t/b/", "t/b/c/d/e", "t/b/c/f", "t/b0/y", "t/c//empty", "t/d/", "t/e/z",
    ]
    for key in keys { world.memory.put("bucket", key, "") }
    let expected = [
      "a", "a/1", "b", "b/c", "b/c/d", "b/c/d/e", "b/c/f", "b-", "b-/x", "b0", "b0/y", "b‛object", "c", "c/／",
      "c/／/empty", "d", "e", "e/z",
    ]
    #expect(Set(try await walk(world, "bucket/t")) == Set(expected.map { "bucket/t/\($0)" }))
  }

  @Test func `directories too large for a page cost one LIST in vain, and then fewer and fewer`() async throws {
    let world = World()
    for directory in 0..<8 {
      for file in 0..<1100 { world.memory.put("bucket", ObjectKey("tree/\(directory)/sub/\(file)"), "x") }
    }
    _ = try await world.inode("bucket/tree")
    world.recorder.reset()
    for directory in 0..<8 { #expect(try await world.names("bucket/tree/\(directory)") == ["sub"]) }
    // The second, and then after four more the sixth.
    #expect(world.recorder.count(.listObjects) == 8 + 2 + 1)
  }

  @Test func `what a walk learnt is no older than the ttl, and own changes lie over it`() async throws {
    let world = World()
    for directory in 0..<5 { world.memory.put("bucket", ObjectKey("tree/\(directory)/file"), "x") }
    for directory in 0..<2 { _ = try await world.names("bucket/tree/\(directory)") }
    try await world.write("own", to: "bucket/tree/4/own")
    world.memory.put("bucket", "tree/3/outside", "x")
    #expect(try await world.names("bucket/tree/4") == ["file", "own"])
    world.time.advance(by: .milliseconds(1001))
    #expect(try await world.names("bucket/tree/3") == ["file", "outside"])
  }
}
