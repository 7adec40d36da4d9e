// SEMANTICS: 10.4
import S3
import TestSupport
import Testing

@testable import Core

/// Opening, listing and creating directories: the requests, and the entries that the kernel gets.
struct DirectoryTests {
  /// Opens a directory, hands all its entries to the kernel, and returns those that are new to it.
  private func list(_ world: World, _ path: String) async throws -> [String] {
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode(path))
    defer { world.fileSystem.streams.releaseDirectory(handle) }
    let entries = try world.fileSystem.streams.entries(of: handle, from: 0, limit: .max)
    var told: [String] = []
    for entry in entries where entry.validFor > .zero && !entry.isKnown {
      let counted = try world.fileSystem.streams.countLookup(of: entry)
      #expect(counted.attributes.size == entry.attributes.size)
      told.append(entry.name)
    }
    return told
  }

  private func world(files: Int, _ behaviour: InMemoryStore.Behaviour = .init()) -> World {
    let world = World(memory: InMemoryStore(buckets: ["bucket"], behaviour: behaviour))
    for file in 0..<files { world.memory.put("bucket", ObjectKey("dir/\(10_000 + file)"), "x") }
    return world
  }

  @Test func `the kernel gets an entry once, as long as its listing is valid`() async throws {
    let world = world(files: 100)
    #expect(try await list(world, "bucket/dir").count == 100)
    let again = try await world.requests { () async throws in
      #expect(try await list(world, "bucket/dir") == [])
    }
    #expect(again == [:])
    try await world.write("more", to: "bucket/dir/10003")
    let changed = try await list(world, "bucket/dir")
    #expect(changed.count == 100)
    world.time.advance(by: .seconds(2))
    #expect(try await list(world, "bucket/dir").count == 100)
  }

  @Test func `a listing shared by two opens shows names created in between, and not removed ones`()
    async throws
  {
    let world = world(files: 3)
    #expect(try await world.names("bucket/dir") == ["10000", "10001", "10002"])
    try await world.write("x", to: "bucket/dir/new")
    #expect(try await world.names("bucket/dir") == ["10000", "10001", "10002", "new"])
    try await world.fileSystem.names.unlink("10001", in: try await world.inode("bucket/dir"))
    #expect(try await world.names("bucket/dir") == ["10000", "10002", "new"])
    world.memory.put("bucket", "dir/theirs", "x")
    #expect(try await world.names("bucket/dir") == ["10000", "10002", "new"])
    world.time.advance(by: .seconds(2))
    #expect(try await world.names("bucket/dir") == ["10000", "10002", "new", "theirs"])
  }

  @Test func `a directory whose listing is in memory is opened without waiting`() async throws {
    let world = world(files: 1200)
    for index in 0..<3 { world.memory.put("bucket", ObjectKey("small/\(index)"), "x") }
    let (large, small) = (try await world.inode("bucket/dir"), try await world.inode("bucket/small"))
    #expect(try world.fileSystem.streams.openDirectoryNow(small) == nil, "it was not listed yet")
    _ = try await world.fileSystem.streams.openDirectory(small)
    let counts = try await world.requests { () async throws in
      try await world.write("x", to: "bucket/small/new")
      let handle = try #require(try world.fileSystem.streams.openDirectoryNow(small))
      #expect(
        try world.fileSystem.streams.entries(of: handle, from: 0, limit: 9).map(\.name) == ["0", "1", "2", "new"])
    }
    #expect(counts == [.putObject: 1])
    _ = try await world.find("bucket/dir/file0")
    #expect(try world.fileSystem.streams.openDirectoryNow(large) == nil, "sorting it takes too long")
    _ = try await world.fileSystem.streams.openDirectory(large)
    #expect(try world.fileSystem.streams.openDirectoryNow(large) != nil)
    world.time.advance(by: .seconds(2))
    #expect(try world.fileSystem.streams.openDirectoryNow(small) == nil, "the listing is stale")
  }

  @Test(arguments: [true, false])
  func `many lookups in a large directory cost at most twice its listing`(isOrdered: Bool) async throws {
    let world = world(files: 3000)
    #expect(try await world.names("bucket/dir").count == 3000)
    world.time.advance(by: .seconds(2))
    let inode = try await world.inode("bucket/dir")
    world.recorder.reset()
    var random = SeededGenerator(seed: 1)
    for file in isOrdered ? Array(100..<1000) : (100..<1000).shuffled(using: &random) {
      _ = try await world.fileSystem.lookups.attributes(of: world.inode(file, in: inode), handle: nil)
    }
    // Three single lookups of a HEAD and a LIST each, then the three pages, or in order the one that is needed. The
    // other HEADs are of names looked up.
    #expect(world.recorder.count(.listObjects) == 3 + (isOrdered ? 1 : 3))
    #expect(world.recorder.count(.headObject) <= 3 + 32)
  }

  @Test func `a directory just created is known to be empty`() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    _ = try await world.names("bucket")
    let counts = try await world.requests { () async throws in
      _ = try await world.fileSystem.names.makeDirectory("new", in: bucket, permissions: 0o755, caller: World.caller)
      try await world.write("x", to: "bucket/new/file")
      #expect(try await world.find("bucket/new/other") == nil)
      #expect(try await world.names("bucket/new") == ["file"])
    }
    #expect(counts == [.putObject: 2])
    world.memory.put("bucket", "new/theirs", "x")
    world.time.advance(by: .seconds(2))
    #expect(try await world.names("bucket/new") == ["file", "theirs"])
  }

  @Test func `a directory created again shows nothing of its predecessor`() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    for _ in 0..<2 {
      _ = try await world.fileSystem.names.makeDirectory("dir", in: bucket, permissions: 0o755, caller: World.caller)
      #expect(try await world.names("bucket/dir") == [])
      try await world.write("x", to: "bucket/dir/file")
      try await world.fileSystem.names.unlink("file", in: try await world.inode("bucket/dir"))
      try await world.fileSystem.names.removeDirectory("dir", in: bucket)
    }
    // Another client removes it with all that was written here.
    _ = try await world.fileSystem.names.makeDirectory("dir", in: bucket, permissions: 0o755, caller: World.caller)
    try await world.write("x", to: "bucket/dir/file")
    for key: ObjectKey in ["dir/", "dir/file"] { world.memory.remove("bucket", key) }
    world.time.advance(by: .seconds(2))
    _ = try await world.fileSystem.names.makeDirectory("dir", in: bucket, permissions: 0o755, caller: World.caller)
    #expect(try await world.names("bucket/dir") == [])
  }
}

extension World {
  /// The inode of `dir/10000 + number`, looked up as the kernel does.
  fileprivate func inode(_ number: Int, in directory: InodeNumber) async throws -> InodeNumber {
    let name = String(10_000 + number)
    let cached = fileSystem.lookups.cachedLookup(name, in: directory)
    let answer = if let cached { cached } else { try await fileSystem.lookups.lookup(name, in: directory) }
    guard case .found(let entry) = answer else { throw FileSystemError(.notFound, name) }
    return entry.inode
  }
}
