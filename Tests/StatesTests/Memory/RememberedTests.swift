import Glibc
import S3
import Testing

@testable import States

@Suite("What is remembered between runs")
struct RememberedTests {
  private func lines(of path: String) -> [String?] {
    var lines: [String?] = []
    FileAccess.forEachSealedLine(of: path) { line in
      lines.append(line.map { String(decoding: $0, as: UTF8.self) })
      return true
    }
    return lines
  }

  @Test("A line with another byte is not believed; the others are")
  func seals() throws {
    let world = StateWorld()
    let path = world.directory + "/lines"
    try FileAccess.replace(path) { file in for text in ["one 1", "two 2", ""] { file.add(sealed: text) } }
    #expect(lines(of: path) == ["one 1", "two 2", ""])
    let whole = try #require(world.read("lines"))
    try world.write("lines", whole.replacing("two 2", with: "two 3"))
    #expect(lines(of: path) == ["one 1", nil, ""])
    try world.write("lines", "one 1\n")
    #expect(lines(of: path) == [nil])
  }

  @Test("Digests and properties on disk, with a bit changed, never make a difference", arguments: 0..<20)
  func flipped(twentieth: Int) async throws {
    let world = StateWorld()
    for index in 0..<5 {
      try world.write("fx/orders/\(index)", "body \(index)\n")
      try world.write("fx/orders/\(index)@s3", #"{"metadata": {"number": "\#(index)"}}"#)
    }
    try await world.layOut("fx")
    world.pass()
    #expect(try await world.letters("fx").isEmpty)
    let cache = try world.cache
    for path in [cache.hashes, cache.known("memory", "orders")] {
      var bytes = FileAccess.read(path) ?? []
      guard !bytes.isEmpty else { continue }
      let place = bytes.count * twentieth / 20
      bytes[place] ^= 1 << UInt8(twentieth % 8)
      try FileAccess.replace(path, with: bytes)
      #expect(try await world.letters("fx").isEmpty, "byte \(place) of \(path)")
    }
  }

  @Test("Files are the user's only, whatever the umask says")
  func modes() throws {
    let world = StateWorld()
    let store = SnapshotStore(try world.cache)
    try store.write(
      State(buckets: [:], source: SnapshotSource(store: store, name: "s")), name: "s", endpoint: "", isEverything: true)
    let status = try #require(FileAccess.status(store.manifest("s")))
    #expect(status.st_mode & 0o077 == 0)
    #expect(FileAccess.status(store.cache.blobs).map { $0.st_mode & 0o777 } == 0o700)
  }
}
