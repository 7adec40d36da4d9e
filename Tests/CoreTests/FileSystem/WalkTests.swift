// SEMANTICS: 10.4
import Core
import S3
import TestSupport
import Testing

/// A walk through a tree: what it may ask of S3 (exact), and that it shows what is there.
struct WalkTests {
  /// Lists a tree as `find` does: each directory when it is met. Returns all paths.
  private func walk(_ world: World, _ path: String) async throws -> [String] {
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode(path))
    let entries = try world.fileSystem.streams.entries(of: handle, from: 0, limit: .max)
    world.fileSystem.streams.releaseDirectory(handle)
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

  @Test(arguments: [27, 100, 500])
  func `a walk down a chain of directories is a few LIST, however deep it is`(depth: Int) async throws {
    let world = World()
    let key = String(repeating: "u/", count: depth) + "f"
    world.memory.put("bucket", ObjectKey(key), "x")
    world.recorder.reset()
    #expect(try await walk(world, "bucket").count == depth + 1)
    #expect(world.recorder.count(.listObjects) <= 4)
    #expect(world.recorder.count(.headObject) <= 3)
  }

  @Test(arguments: [27, 100, 500])
  func `a path is looked up by a few LIST, however deep it is`(depth: Int) async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", ObjectKey(String(repeating: "u/", count: depth) + "f"), "x")
    world.recorder.reset()
    _ = try await world.inode("bucket/" + String(repeating: "u/", count: depth) + "f")
    #expect(world.recorder.count(.listObjects) + world.recorder.count(.headObject) <= 20)
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

  /// Puts `files` objects into each of `count` directories, and returns these in an order that is not theirs.
  private func scatter(_ world: World, directories count: Int, files: Int) -> [String] {
    for directory in 0..<count {
      for file in 0..<files { world.memory.put("bucket", ObjectKey("tree/\(number(directory))/\(file)"), "x") }
    }
    // 37 has no divisor in common with the counts used here.
    return (0..<count).map { "bucket/tree/\(number($0 * 37 % count))" }
  }

  @Test func `names in many directories of one parent, in any order, are answered by one page of all of them`()
    async throws
  {
    let world = World()
    let directories = scatter(world, directories: 100, files: 5)
    _ = try await world.inode(directories[0])
    world.recorder.reset()
    for directory in directories { #expect(try await world.find("\(directory)/3") != nil) }
    #expect(world.recorder.count(.listObjects) == 5 + 1)
    #expect(try await world.names("bucket/tree").count == 100)
    #expect(world.recorder.count(.listObjects) == 5 + 1)
    // While it goes on, fewer lead to the next page; the first two requests are for the names on the path.
    for _ in 0..<3 {
      world.time.advance(by: .milliseconds(1001))
      world.recorder.reset()
      for directory in directories { #expect(try await world.find("\(directory)/4") != nil) }
      #expect(world.recorder.count(.listObjects) == 2 + 2 + 1)
    }
  }

  @Test func `a page of all names is no older than the ttl, and own changes lie over it`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    for directory in directories.prefix(8) { _ = try await world.find("\(directory)/0") }
    world.recorder.reset()
    try await world.write("own", to: "\(directories[12])/own")
    world.memory.put("bucket", ObjectKey(directories[13].dropFirst("bucket/".count) + "/outside"), "x")
    world.memory.put("bucket", "tree/new/0", "x")
    #expect(try await world.names(directories[12]) == ["0", "own"])
    #expect(world.recorder.count(.listObjects) == 0)
    world.time.advance(by: .milliseconds(1001))
    #expect(try await world.names(directories[13]) == ["0", "outside"])
    #expect(try await world.find("bucket/tree/new/0") != nil)
  }

  @Test func `few directories that are asked for again and again are listed by themselves`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    for _ in 0..<10 {
      world.recorder.reset()
      for directory in directories.prefix(3) { _ = try await world.find("\(directory)/0") }
      #expect(world.recorder.count(.listObjects) == 2 + 3)
      world.time.advance(by: .milliseconds(1001))
    }
  }

  @Test func `names in directories too large for a page of all cost one LIST in vain, and then fewer and fewer`()
    async throws
  {
    let world = World()
    let directories = scatter(world, directories: 40, files: 600)
    _ = try await world.inode(directories[0])
    world.recorder.reset()
    for directory in directories.dropFirst() { #expect(try await world.find("\(directory)/7") != nil) }
    // The sixth, and twelve after that. The first directory is one that such a page would have held.
    #expect(world.recorder.count(.listObjects) == 39 + 2)
  }

  @Test func `side by side, they wait for one page`() async throws {
    let world = World()
    let directories = scatter(world, directories: 100, files: 5)
    _ = try await world.inode(directories[0])
    world.recorder.reset()
    for directory in directories.prefix(5) { _ = try await world.find("\(directory)/3") }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for directory in directories.dropFirst(5) {
        group.addTask { try await world.find("\(directory)/3") != nil }
      }
      for try await isThere in group { #expect(isThere) }
    }
    #expect(world.recorder.count(.listObjects) == 5 + 1)
  }

  @Test func `a page that S3 does not answer fails the lookup that it was for, without asking again`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    for directory in directories.prefix(5) { _ = try await world.find("\(directory)/0") }
    world.recorder.reset()
    world.faults.fail(.listObjects, with: .timedOut)
    await #expect(throws: FileSystemError.self) { try await world.find("\(directories[5])/0") }
    #expect(world.recorder.count(.listObjects) == 1)
    #expect(try await world.find("\(directories[6])/0") != nil)
  }

  @Test func `a page that S3 refuses costs one LIST, and then fewer and fewer`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    _ = try await world.inode(directories[0])
    world.recorder.reset()
    // The sixth question is the page; what comes after it is answered.
    world.faults.fail(.listObjects, call: 6, with: .accessDenied)
    for directory in directories.prefix(12) { #expect(try await world.find("\(directory)/0") != nil) }
    #expect(world.recorder.count(.listObjects) == 12 + 1)
  }
}
