// SEMANTICS: 10.4
import Core
import S3
import TestSupport
import Testing

/// Tree scans: the exact number of S3 requests, and correct results.
struct WalkTests {
  /// Lists a tree as `find` does, each directory when it is reached. Returns all paths.
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
  func `a walk down a chain of directories is a few LISTs, however deep it is`(depth: Int) async throws {
    let world = World()
    let key = String(repeating: "u/", count: depth) + "f"
    world.memory.put("bucket", ObjectKey(key), "x")
    world.recorder.reset()
    #expect(try await walk(world, "bucket").count == depth + 1)
    #expect(world.recorder.count(.listObjects) <= 4)
    #expect(world.recorder.count(.headObject) <= 3)
  }

  @Test(arguments: [27, 100, 500])
  func `the lookup of a path is a few LISTs, however deep it is`(depth: Int) async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", ObjectKey(String(repeating: "u/", count: depth) + "f"), "x")
    world.recorder.reset()
    _ = try await world.inode("bucket/" + String(repeating: "u/", count: depth) + "f")
    #expect(world.recorder.count(.listObjects) + world.recorder.count(.headObject) <= 20)
  }

  @Test(arguments: [("", 11), ("0", 14)])
  func `a tree scan works on a server whose StartAfter skips the directory of that name`(
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
    // A name that ends in 0 is skipped, and listed by itself; the page answers for the names behind it.
    #expect(world.recorder.count(.listObjects) <= names.requests)
    // The listing of a directory shows that it has no marker: only those before the first page cost a HEAD.
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

  @Test func `directories too large for one page waste a LIST, less and less often`() async throws {
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

  @Test func `results of a tree scan expire after the ttl, and own changes override them`() async throws {
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

  @Test func `names in many directories of one parent, in any order, are found by one page`()
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
    // Later, fewer lookups lead to the next page; the first two requests are for the names on the path.
    for _ in 0..<3 {
      world.time.advance(by: .milliseconds(1001))
      world.recorder.reset()
      for directory in directories { #expect(try await world.find("\(directory)/4") != nil) }
      #expect(world.recorder.count(.listObjects) == 2 + 2 + 1)
    }
  }

  @Test func `a page of all names expires after the ttl, and own changes override it`() async throws {
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

  @Test func `few directories that are used again and again are listed one by one`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    for _ in 0..<10 {
      world.recorder.reset()
      for directory in directories.prefix(3) { _ = try await world.find("\(directory)/0") }
      #expect(world.recorder.count(.listObjects) == 2 + 3)
      world.time.advance(by: .milliseconds(1001))
    }
  }

  @Test func `names in directories too large for one page waste a LIST, less and less often`()
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

  @Test func `concurrent lookups wait for one page`() async throws {
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

  @Test func `a page that times out fails the lookup that requested it, without a retry`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    for directory in directories.prefix(5) { _ = try await world.find("\(directory)/0") }
    world.recorder.reset()
    world.faults.fail(.listObjects, with: .timedOut)
    await #expect(throws: FileSystemError.self) { try await world.find("\(directories[5])/0") }
    #expect(world.recorder.count(.listObjects) == 1)
    #expect(try await world.find("\(directories[6])/0") != nil)
  }

  @Test func `a page that S3 refuses costs one LIST, less and less often`() async throws {
    let world = World()
    let directories = scatter(world, directories: 20, files: 1)
    _ = try await world.inode(directories[0])
    world.recorder.reset()
    // The sixth LIST is the page; later ones are answered.
    world.faults.fail(.listObjects, call: 6, with: .accessDenied)
    for directory in directories.prefix(12) { #expect(try await world.find("\(directory)/0") != nil) }
    #expect(world.recorder.count(.listObjects) == 12 + 1)
  }
}
