// SEMANTICS: 10.4
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

/// Large files read side by side, with less memory than their readers would like to prefetch.
struct PrefetchBudgetTests {
  private static let size = 6 << 20
  private static let piece = 128 << 10

  @Test(arguments: [1, 2, 8])
  func everyByteIsFetchedOnce(readers: Int) async throws {
    let world = World { $0.memory = 16 << 20 }
    for reader in 0..<readers {
      world.memory.put("bucket", ObjectKey("file\(reader)"), [UInt8](repeating: UInt8(reader), count: Self.size))
    }
    var files: [OpenedFile] = []
    for reader in 0..<readers {
      files.append(try await world.fileSystem.files.open(try await world.inode("bucket/file\(reader)"), flags: [.read]))
    }
    let opens = world.fileSystem.cache.use.use.misses
    for offset in stride(from: 0, to: Self.size, by: Self.piece) {
      for (reader, file) in files.enumerated() {
        let bytes = try await world.read(file.handle, at: Int64(offset), count: Self.piece)
        #expect(bytes.count == Self.piece && bytes.allSatisfy { $0 == UInt8(reader) })
      }
    }
    // The open of each fetched its first two blocks.
    let fetched = world.fileSystem.cache.use.use.misses - opens
    #expect(fetched == readers * (Self.size / Self.piece - 2))
    for file in files { await world.fileSystem.files.release(file.handle) }
    #expect(world.fileSystem.contents.readers.count == 0)
  }

  @Test func aSingleReaderMayPrefetchFar() async throws {
    let world = World()
    world.memory.put("bucket", "file", [UInt8](repeating: 1, count: 40 << 20))
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/file"), flags: [.read])
    for offset in stride(from: 0, to: 24 << 20, by: Self.piece) {
      _ = try await world.read(file.handle, at: Int64(offset), count: Self.piece)
    }
    let open = try #require(world.fileSystem.inodes.handles.withLock { $0[file.handle] })
    #expect(open.readahead.withLock { $0.window } > 8 << 20)
    #expect(world.fileSystem.contents.readers.count == 1)
    await world.fileSystem.files.release(file.handle)
  }
}
