// SEMANTICS: 10.1
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

/// `--memory` is a cap, however large directories are and however many headers objects have.
struct MemoryCapTests {
  private static let memory = 1 << 20
  private static let shares = MemoryShares(memory: memory, readsAllMetadata: false)

  private func world(_ change: (inout FileSystemOptions) -> Void = { _ in }) -> World {
    World {
      $0.memory = Self.memory
      change(&$0)
    }
  }

  private func fill(_ world: World, _ directory: String, _ count: Int) {
    for number in 0..<count {
      world.memory.put("bucket", ObjectKey("\(directory)/a name of some length \(number)"), "x")
    }
  }

  /// Remembered names and cached bytes together.
  private func expectWithinCap(_ world: World) {
    let holdings = world.fileSystem.holdings()
    #expect(holdings.nameBytes <= Int64(Self.shares.names))
    #expect(Int64(holdings.cachedBytes) + holdings.nameBytes <= Int64(Self.shares.contentsAndNames))
  }

  @Test func `listing many directories one after the other stays within the cap`() async throws {
    let world = world()
    for directory in 0..<8 { fill(world, "\(directory)", 400) }
    for directory in 0..<8 {
      #expect(try await world.names("bucket/\(directory)").count == 400)
      expectWithinCap(world)
    }
    #expect(world.fileSystem.holdings().listedNames > 0)
  }

  @Test func `listing a directory too large for memory fails with ENOMEM; its names can be looked up`() async throws {
    let world = world()
    fill(world, "large", 2500)
    #expect(await failure { _ = try await world.names("bucket/large") } == .noMemory)
    expectWithinCap(world)
    #expect(FileSystemError.Code.noMemory.httpStatus == 507)
    #expect(
      await failure {
        _ = try await world.fileSystem.byKey.list(ObjectPath(bucket: "bucket", key: "large/"), freshness: .withinTTL)
      } == .noMemory)
    // As many lookups as would otherwise lead to a listing.
    for number in 0..<DirectoryCache.pagesOfUnknown * 2 {
      #expect(try await world.find("bucket/large/a name of some length \(number)") != nil)
    }
    expectWithinCap(world)
    world.recorder.reset()
    _ = try await world.find("bucket/large/a name of some length 2000")
    #expect(world.recorder.count(.listObjects) == 1, "one LIST for a directory of that name, and no whole listing")
    try await world.write("new", to: "bucket/large/new")
    #expect(world.memory.text("bucket", "large/new") == "new")
  }

  @Test func `with more memory the same directory is listed`() async throws {
    let world = world { $0.memory = 8 << 20 }
    fill(world, "large", 2500)
    #expect(try await world.names("bucket/large").count == 2500)
  }

  @Test func `open directories hold memory until they are closed`() async throws {
    let world = world()
    for number in 0..<40 { fill(world, "\(number)", 400) }
    var opened: [DirectoryHandle] = []
    let code = await failure {
      for number in 0..<40 {
        opened.append(try await world.fileSystem.streams.openDirectory(try await world.inode("bucket/\(number)")))
        expectWithinCap(world)
      }
    }
    #expect(code == .noMemory && opened.count > 2)
    for handle in opened { world.fileSystem.streams.releaseDirectory(handle) }
    for number in 0..<40 {
      #expect(try await world.names("bucket/\(number)").count == 400)
      expectWithinCap(world)
    }
  }

  @Test func `several opens of one directory share its names`() async throws {
    let world = world()
    fill(world, "dir", 500)
    let inode = try await world.inode("bucket/dir")
    let first = try await world.fileSystem.streams.openDirectory(inode)
    let once = world.fileSystem.holdings().nameBytes
    for _ in 0..<100 { _ = try await world.fileSystem.streams.openDirectory(inode) }
    #expect(world.fileSystem.holdings().nameBytes == once)
    world.fileSystem.streams.releaseDirectory(first)
  }

  @Test func `remembered headers are capped by their bytes`() async throws {
    let world = world()
    var properties = ObjectProperties()
    for number in 0..<10 { properties.userMetadata["name\(number)"] = String(repeating: "v", count: 180) }
    for number in 0..<600 { world.memory.put("bucket", ObjectKey("\(number)"), "x", properties: properties) }
    for number in 0..<600 {
      _ = try await world.fileSystem.knowledge.head(
        of: ObjectReference(bucket: "bucket", key: ObjectKey("\(number)")), freshness: .now)
      expectWithinCap(world)
    }
    let remembered = world.fileSystem.holdings().rememberedHeaders
    #expect(remembered > 10 && remembered * 1800 <= Self.shares.headers)
  }

  @Test func `cached bytes are evicted for names, and cached again later`() async throws {
    let world = world()
    for number in 0..<20 {
      world.memory.put("bucket", ObjectKey("files/\(number)"), [UInt8](repeating: 1, count: 100_000))
    }
    fill(world, "dir", 1000)
    for number in 0..<20 {
      _ = try await world.read("bucket/files/\(number)")
      expectWithinCap(world)
    }
    let full = world.fileSystem.holdings().cachedBytes
    #expect(full > 400_000)
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket/dir"))
    expectWithinCap(world)
    #expect(world.fileSystem.holdings().cachedBytes < full)
    world.fileSystem.streams.releaseDirectory(handle)
    world.fileSystem.knowledge.snapshots.withLock { $0.removeAll() }
    while world.fileSystem.knowledge.directories.withLock({ $0.release() }) {}
    for number in 0..<20 { _ = try await world.read("bucket/files/\(number)") }
    expectWithinCap(world)
    #expect(world.fileSystem.holdings().cachedBytes > full - 100_000)
  }

  @Test func `blocks never take more than their share, also when no names are known`() {
    let cache = ContentCache(capacity: 1 << 20)
    let block = Int(ContentCache.blockSize)
    for number in 0..<100 {
      let version = ContentCache.Version(
        reference: ObjectReference(bucket: "bucket", key: ObjectKey("\(number)")), etag: ETag("\(number)"))
      cache.insert([UInt8](repeating: 0, count: block), atStartOf: version)
      #expect(cache.heldBytes <= 1 << 20)
    }
    #expect(cache.heldBytes > (1 << 20) * 3 / 4)
  }

  // MARK: Inodes

  /// A kernel that forgets a file when its name is invalidated, unless the file is in use.
  private final class Kernel: ChangeObserver {
    func settled() async {}
    let asked = Mutex<[String]>([])

    func inodeChanged(_ inode: InodeNumber, contents: Bool) {}
    func entryChanged(_ name: String, in parent: InodeNumber) {}
    func entryIsSurplus(_ name: String, in parent: InodeNumber) { asked.withLock { $0.append(name) } }
    func entryRemoved(_ name: String, in parent: InodeNumber, child: InodeNumber?) {}
  }

  @Test func `the kernel is asked to forget files when it knows too many, but not open files`() async throws {
    let world = world { $0.ttl = .seconds(1000) }
    let kernel = Kernel()
    world.fileSystem.changes.observe(kernel)
    fill(world, "dir", 1)
    // One directory after the other: all of one would be more than memory holds.
    for directory in 0..<6 { fill(world, "\(directory)", 300) }
    let open = try await world.fileSystem.files.open(
      try await world.inode("bucket/dir/a name of some length 0"), flags: [.read])
    var lookups: [String: InodeNumber] = [:]
    for round in 0..<2 {
      for directory in 0..<6 {
        for number in 0..<300 {
          let name = "a name of some length \(number)"
          let inode = try await world.inode("bucket/\(directory)/\(name)")
          lookups["\(directory)/\(name)"] = inode
          for name in kernel.asked.withLock({ asked in
            defer { asked = [] }
            return asked
          }) {
            #expect(round > 0 || name.hasPrefix("a name"))
            // The directory does not matter here: forget every file of that name.
            for directory in 0..<6 {
              if let inode = lookups.removeValue(forKey: "\(directory)/\(name)") {
                world.fileSystem.lookups.forget(inode, lookups: .max)
              }
            }
          }
        }
      }
      // The limit, and the lookups between two checks of it.
      let bytes = world.fileSystem.inodes.table.withLock { $0.bytes }
      #expect(bytes < Self.shares.inodes + 1100 * 800)
    }
    #expect(world.fileSystem.inodes.table.withLock { $0.count } < 1800)
    #expect(try await world.read(open.handle, count: 10) == [UInt8(ascii: "x")])
    await world.fileSystem.files.release(open.handle)
  }

  @Test func `a listing returns no more inodes to the kernel than memory allows`() async throws {
    let world = world()
    fill(world, "dir", 1200)
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket/dir"))
    var refused = 0
    for entry in try world.fileSystem.streams.entries(of: handle, from: 0, limit: .max) {
      if (try? world.fileSystem.streams.countLookup(of: entry)) == nil { refused += 1 }
    }
    #expect(refused > 0 && refused < 1200)
    #expect(world.fileSystem.inodes.table.withLock { $0.bytes } <= Self.shares.inodes + 2000)
  }

  @Test func `a forgotten inode gives back the memory of its names`() {
    let names = ByteBudget(limit: 1 << 30)
    var table = InodeTable(capacity: 1 << 20, names: names)
    let place = Place.object(ObjectReference(bucket: "bucket", key: "directory/a name of some length"))
    let number = table.look(up: place)
    let other = table.look(up: .directory(DirectoryLocation(bucket: "bucket", prefix: "directory/")))
    #expect(names.used > 0)
    table.move(place, to: .object(ObjectReference(bucket: "bucket", key: "short")))
    table.unlink(.object(ObjectReference(bucket: "bucket", key: "short")))
    table.forget(number, lookups: 1)
    table.forget(other, lookups: 1)
    #expect(table.count == 1 && names.used == 0)
  }
}

extension Sequence {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
