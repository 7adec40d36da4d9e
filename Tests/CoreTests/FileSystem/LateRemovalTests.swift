// SEMANTICS: 3.11.1
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite("--write-back: unlink does not wait for S3")
struct LateRemovalTests {
  private let world = World { $0.writeBack = true }

  private func fill(_ count: Int, _ directory: String = "d") {
    for index in 0..<count { world.memory.put("bucket", ObjectKey("\(directory)/\(index)"), "content \(index)") }
  }

  private func unlink(_ path: String) async throws {
    let (parent, name) = world.split(path)
    try await world.fileSystem.names.unlink(name, in: try await world.inode(parent))
  }

  private func settled() async { await world.fileSystem.saving.settlePending { _ in true } }

  @Test func `3.11 many unlinks are a LIST and one DELETE, after they have returned`() async throws {
    fill(500)
    _ = try await world.names("bucket/d")
    let hold = world.faults.hold(.listObjects)
    let cost = try await world.requests {
      for index in 0..<500 { try await unlink("bucket/d/\(index)") }
    }
    #expect(cost.isEmpty)
    #expect(try await world.find("bucket/d/7") == nil)
    #expect(try await world.names("bucket/d").isEmpty)
    #expect(world.memory.keys("bucket")?.count == 500)
    hold.release()
    let later = try await world.requests { await settled() }
    #expect(later == [.listObjects: 1, .deleteObjects: 1])
    #expect(world.memory.keys("bucket")?.isEmpty == true)
    // The directory is still there, as on a disk.
    #expect(try await world.names("bucket") == ["d"])
  }

  @Test func `3.11 a listing that still shows what was unlinked does not bring it back`() async throws {
    fill(3)
    let hold = world.faults.hold(.deleteObject)
    try await unlink("bucket/d/1")
    world.time.advance(by: .seconds(5))
    #expect(try await world.names("bucket/d") == ["0", "2"])
    #expect(try await world.find("bucket/d/1") == nil)
    hold.release()
    await settled()
    world.time.advance(by: .seconds(5))
    #expect(try await world.names("bucket/d") == ["0", "2"])
    #expect(world.memory.keys("bucket") == ["d/0", "d/2"])
  }

  @Test(arguments: [1, 20])
  func `3.11 what another client writes at the same time stays`(count: Int) async throws {
    fill(count)
    _ = try await world.names("bucket/d")
    for index in 0..<count { try await unlink("bucket/d/\(index)") }
    world.memory.put("bucket", "d/0", "theirs")
    await settled()
    #expect(world.memory.text("bucket", "d/0") == "theirs")
    #expect(world.memory.keys("bucket") == ["d/0"])
    world.time.advance(by: .seconds(5))
    #expect(try await world.read("bucket/d/0") == "theirs")
  }

  @Test func `3.11 a name can be taken again at once`() async throws {
    fill(3)
    try await unlink("bucket/d/1")
    try await world.write("new", to: "bucket/d/1")
    await settled()
    #expect(world.memory.text("bucket", "d/1") == "new")
    try await unlink("bucket/d/1")
    _ = try await world.fileSystem.names.makeDirectory(
      "1", in: try await world.inode("bucket/d"), permissions: 0o755, caller: World.caller)
    #expect(try await world.find("bucket/d/1")?.attributes.kind == .directory)
    try await unlink("bucket/d/2")
    try await world.rename("bucket/d/0", to: "bucket/d/2")
    await settled()
    #expect(world.memory.text("bucket", "d/2") == "content 0")
    #expect(world.memory.keys("bucket") == ["d/1/", "d/2"])
  }

  /// Found from outside: a directory of the name did not wait, and brought the file back when it was removed.
  @Test func `3.11 a directory that takes the name and goes leaves nothing`() async throws {
    fill(1)
    world.memory.put("bucket", "d/x", "old")
    try await unlink("bucket/d/x")
    let d = try await world.inode("bucket/d")
    _ = try await world.fileSystem.names.makeDirectory("x", in: d, permissions: 0o755, caller: World.caller)
    #expect(world.memory.keys("bucket") == ["d/0", "d/x/"])
    try await world.fileSystem.names.removeDirectory("x", in: d)
    #expect(try await world.find("bucket/d/x") == nil)
    try await world.write("new", to: "bucket/d/x")
    await settled()
    #expect(world.memory.text("bucket", "d/x") == "new")
  }

  /// Found from outside: one object alone was deleted if only its ETag was the same.
  @Test(arguments: [1, 20])
  func `3.11 the same bytes written again by another client stay`(count: Int) async throws {
    fill(count)
    _ = try await world.names("bucket/d")
    for index in 0..<count { try await unlink("bucket/d/\(index)") }
    world.time.advance(by: .seconds(3))
    world.memory.put("bucket", "d/0", "content 0")
    await settled()
    #expect(world.memory.keys("bucket") == ["d/0"])
  }

  @Test func `3.11 a directory of the same name does not bring a file back when it is emptied`() async throws {
    world.memory.put("bucket", "d/a", "file")
    world.memory.put("bucket", "d/a/inside", "x")
    _ = try await world.names("bucket/d")
    let hold = world.faults.hold(.headObject, key: "d/a")
    try await unlink("bucket/d/a\u{201B}object")
    try await unlink("bucket/d/a/inside")
    #expect(try await world.names("bucket/d") == ["a"])
    hold.release()
    await settled()
    #expect(try await world.names("bucket/d") == ["a"])
    #expect(try await world.find("bucket/d/a")?.attributes.kind == .directory)
  }

  @Test func `3.11 a directory is removed or renamed after what was unlinked in it`() async throws {
    fill(3)
    fill(3, "e")
    for index in 0..<3 { try await unlink("bucket/d/\(index)") }
    try await world.fileSystem.names.removeDirectory("d", in: try await world.inode("bucket"))
    #expect(world.memory.keys("bucket") == ["e/0", "e/1", "e/2"])
    try await unlink("bucket/e/1")
    try await world.rename("bucket/e", to: "bucket/f")
    #expect(world.memory.keys("bucket") == ["f/0", "f/2"])
  }

  @Test func `3.11 while S3 does not answer the name is free only for reading`() async throws {
    fill(2)
    _ = try await world.names("bucket/d")
    world.faults.fail(.deleteObject, times: 99, with: .connectionFailed)
    try await unlink("bucket/d/1")
    #expect(try await world.find("bucket/d/1") == nil)
    await settled()
    #expect(world.fileSystem.saving.unsavedUploads().map(\.path.description) == ["/bucket/d/1"])
    #expect(await failure { try await world.write("new", to: "bucket/d/1") } == .ioFailure)
    #expect(await failure { try await world.fileSystem.saving.synchronizeAll() } == .ioFailure)
    world.faults.heal()
    try await world.write("new", to: "bucket/d/1")
    await settled()
    #expect(world.memory.text("bucket", "d/1") == "new")
  }

  @Test(arguments: [1, 20])
  func `3.11 what S3 refuses to delete gets its name back`(count: Int) async throws {
    fill(count)
    _ = try await world.names("bucket/d")
    world.faults.fail(.deleteObject, times: 99, with: .accessDenied)
    world.faults.fail(.deleteObjects, times: 99, with: .accessDenied)
    for index in 0..<count { try await unlink("bucket/d/\(index)") }
    #expect(try await world.find("bucket/d/0") == nil)
    await settled()
    #expect(try await world.names("bucket/d").count == count)
  }

  @Test func `3.11 the end of the process deletes what was unlinked`() async throws {
    fill(30)
    for index in 0..<30 { try await unlink("bucket/d/\(index)") }
    _ = await world.fileSystem.saving.shutDown(deadline: .seconds(10))
    #expect(world.memory.keys("bucket")?.isEmpty == true)
  }

  @Test func `3.11 what is not deleted at the end is named`() async throws {
    fill(2)
    world.faults.fail(.deleteObject, times: 99, with: .connectionFailed)
    try await unlink("bucket/d/1")
    let left = await world.fileSystem.saving.shutDown(deadline: .seconds(10))
    #expect(left.unlinked == ["s3://bucket/d/1"])
    #expect(!left.isEmpty)
  }

  @Test func `3.11 the gateway shows what the mount shows`() async throws {
    fill(3)
    try await unlink("bucket/d/1")
    #expect(try await world.fileSystem.byKey.objectNow(at: ObjectPath(bucket: "bucket", key: "d/1")) == nil)
    try await unlink("bucket/d/2")
    let entries = try await world.fileSystem.byKey.list(ObjectPath(bucket: "bucket", key: "d/"), freshness: .withinTTL)
    #expect(entries.map(\.name) == ["0"])
  }

  @Test(arguments: 0..<8)
  func `3.11 random removals, creations and foreign writes`(seed: Int) async throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var truth: [String: String] = [:]
    world.memory.put("bucket", "d/", "")
    var history: [String] = []
    for step in 0..<200 {
      let name = "bucket/d/\(Int.random(in: 0..<6, using: &random))"
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        if truth.removeValue(forKey: name) != nil {
          history.append("rm \(name.last!)")
          try await unlink(name)
        }
      case 2:
        try await world.write("\(step)", to: name, flags: [.write, .truncate])
        history.append("write \(name.last!)")
        truth[name] = "\(step)"
      case 3:
        // Another client writes a name that nothing here is about to change.
        await settled()
        world.memory.put("bucket", ObjectKey(String(name.dropFirst("bucket/".count))), "their \(step)")
        world.time.advance(by: .seconds(5))
        history.append("their \(name.last!)")
        truth[name] = "their \(step)"
      default: world.time.advance(by: .milliseconds(700))
      }
      let seen = try await world.find("bucket/d") == nil ? [] : try await world.names("bucket/d")
      #expect(
        Set(seen) == Set(truth.keys.map { String($0.dropFirst("bucket/d/".count)) }),
        "step \(step) after \(history.suffix(20)), in S3 \(world.memory.keys("bucket") ?? [])")
    }
    await settled()
    for (name, text) in truth { #expect(try await world.read(name) == text) }
    #expect(world.memory.keys("bucket")?.filter { !$0.string.hasSuffix("/") }.count == truth.count)
  }
}
