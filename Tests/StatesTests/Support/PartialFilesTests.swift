import Glibc
import Testing

@testable import States

@Suite("Files that are being written")
struct PartialFilesTests {
  private func leftovers(_ world: StateWorld) -> [String] {
    (FileAccess.names(in: world.directory) ?? []).filter { $0.hasPrefix(".localstackmount-partial-") }
  }

  @Test("What a killed process left is removed, what another is writing is not")
  func leftovers() throws {
    let world = StateWorld()
    try world.write(".localstackmount-partial-1/half", "half")
    let living = PartialFiles(in: world.directory)
    let path = try living.path()
    try world.overwrite(path, with: Array("living".utf8))
    let other = PartialFiles(in: world.directory)
    _ = try other.path()
    #expect(FileAccess.read(path) == Array("living".utf8))
    #expect(leftovers(world).count == 2 && !leftovers(world).contains(".localstackmount-partial-1"))
    withExtendedLifetime((living, other)) {}
  }

  @Test("Nothing is made before the first file, and nothing is left after the last")
  func nothingLeft() throws {
    let world = StateWorld()
    do {
      let partial = PartialFiles(in: world.directory)
      #expect(leftovers(world).isEmpty)
      _ = try partial.path()
      #expect(leftovers(world).count == 1)
    }
    #expect(leftovers(world).isEmpty)
  }

  @Test("Many at once get directories of their own")
  func concurrent() async throws {
    let world = StateWorld()
    let whole = "\(world.directory)/whole"
    let texts = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for number in 0..<50 {
        group.addTask {
          let bytes = Array("\(number)".utf8)
          try ReplacedFile(path: whole, partial: PartialFiles(in: world.directory)).replace(with: bytes)
          return bytes
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(texts.contains(FileAccess.read(whole) ?? []) && leftovers(world).isEmpty)
  }
}
