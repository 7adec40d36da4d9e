// SEMANTICS: 6.8.1
import S3
import TestSupport
import Testing

@testable import Core

@Suite("6.3 whether two answers describe the same state of an object")
struct VersionTests {
  private func version(_ seconds: Int64, _ nanoseconds: Int32 = 0, isStated: Bool = true, etag: String = "e") -> Version
  {
    Version(etag: ETag(etag), modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds), isStated: isStated)
  }

  // Regression (fault C25): listings with milliseconds, HEAD with whole seconds.
  @Test("times are compared to the coarser precision")
  func precision() {
    #expect(version(10, 750_000_000).isSame(as: version(10)))
    #expect(version(10).isSame(as: version(10, 999_000_000)))
    #expect(version(9, 750_000_000).isSame(as: version(10)), "rounded up")
    #expect(!version(10).isSame(as: version(11)))
    #expect(!version(10, 100_000_000).isSame(as: version(10, 200_000_000)))
    #expect(version(10, 123_000_000).isSame(as: version(10, 123_456_789)))
    #expect(!version(10, 750_000_000).isSame(as: version(12)))
    #expect(!version(10).isSame(as: version(10, etag: "f")))
  }

  // Regression (faults C23 and C24).
  @Test("a time guessed from this machine's clock matches any time of the server")
  func guess() {
    #expect(version(10, 5, isStated: false).isSame(as: version(99)))
    #expect(version(99).isSame(as: version(10, 5, isStated: false)))
    #expect(!version(10, isStated: false).isSame(as: version(10, etag: "f")))
    #expect(version(10, 5, isStated: false).isLessPrecise(than: version(9)))
    #expect(version(10).isLessPrecise(than: version(10, 7)))
    #expect(!version(10, 7).isLessPrecise(than: version(10)))
    #expect(!version(10).isLessPrecise(than: version(10, 7, isStated: false)))
  }

  /// The precision of servers' times, in listings and in HEAD.
  static let servers: [(listing: Int32, head: Int32)] = [
    (1_000_000_000, 1_000_000_000), (1_000_000, 1_000_000_000), (1_000_000, 1_000_000), (1, 1_000_000_000),
  ]

  @Test("modes stay as they were set, whatever the server's precision", arguments: servers)
  func modes(server: (listing: Int32, head: Int32)) async throws {
    let cache = TestPath.unique()
    try Disk.createDirectory(cache)
    let first = World {
      $0.cacheDirectory = cache
      $0.metadataFile = cache + "/metadata.jsonl"
    }
    first.memory.tellTimes(listing: server.listing, head: server.head)
    let fs = first.fileSystem
    let bucket = try await first.inode("bucket")
    var seed: UInt64 = 1
    func advance() {
      seed += 1
      first.time.advance(by: .milliseconds(137 * Int(seed)))
    }
    _ = try await fs.names.makeDirectory("d", in: bucket, permissions: 0o755, caller: World.caller)
    try await first.write("x", to: "bucket/f")
    for mode in [0o700, 0o700, 0o711] as [UInt32] {
      for name in ["d", "f"] {
        advance()
        var changes = AttributeChanges()
        changes.permissions = mode
        _ = try await fs.attributeWriter.setAttributes(
          of: try await first.inode("bucket/\(name)"), to: changes, handle: nil)
        #expect(try await first.find("bucket/\(name)")?.attributes.permissions == mode, "\(name), at once")
        advance()
        _ = try await first.names("bucket")
        #expect(try await first.find("bucket/\(name)")?.attributes.permissions == mode, "\(name), later")
        _ = try await fs.files.open(try await first.inode("bucket/f"), flags: [.read])
        #expect(try await first.find("bucket/\(name)")?.attributes.permissions == mode, "\(name), after an open")
      }
    }
    _ = try await fs.names.makeSymbolicLink("link", in: bucket, target: "d", caller: World.caller)
    advance()
    #expect(try await fs.names.linkTarget(of: try await first.inode("bucket/link")) == "d")
    #expect(try await first.find("bucket/link")?.attributes.kind == .symbolicLink)
    advance()
    _ = try await first.names("bucket")
    #expect(try await first.find("bucket/link")?.attributes.kind == .symbolicLink)
    _ = await fs.saving.shutDown(deadline: .seconds(5))

    let second = World(memory: first.memory) {
      $0.cacheDirectory = cache
      $0.metadataFile = cache + "/metadata.jsonl"
    }
    await second.fileSystem.knowledge.recalled()
    let counts = try await second.requests { () async throws in
      #expect(try await second.find("bucket/f")?.attributes.permissions == 0o711)
      #expect(try await second.find("bucket/d")?.attributes.permissions == 0o711)
      #expect(try await second.find("bucket/link")?.attributes.kind == .symbolicLink)
    }
    #expect(counts[.headObject, default: 0] <= 1, "after a remount only the directory's headers are requested")
  }

  // Regression (fault C29).
  @Test("an object without a slash whose mode says directory is a file that can be read and removed")
  func directoryWithoutSlash() async throws {
    let world = World()
    world.memory.put("bucket", "old", "", properties: ObjectProperties(userMetadata: ["mode": "16877"]))
    #expect(try await world.find("bucket/old")?.attributes.kind == .file)
    #expect(try await world.names("bucket") == ["old"])
    #expect(try await world.read("bucket/old") == "")
    try await world.fileSystem.names.unlink("old", in: try await world.inode("bucket"))
    #expect(world.memory.keys("bucket") == [])
  }
}
