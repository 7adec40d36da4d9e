import Glibc
import S3
import TestSupport
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

  @Test("A line with a changed byte is rejected; the others are read")
  func seals() throws {
    let world = StateWorld()
    let path = world.directory + "/lines"
    try FileAccess.replace(path, writing: path + ".new") { file in
      for text in ["one 1", "two 2", ""] { file.add(sealed: "\(text)") }
    }
    #expect(lines(of: path) == ["one 1", "two 2", ""])
    let whole = try #require(world.read("lines"))
    try world.write("lines", whole.replacing("two 2", with: "two 3"))
    #expect(lines(of: path) == ["one 1", nil, ""])
    try world.write("lines", "one 1\n")
    #expect(lines(of: path) == [nil])
  }

  /// Five objects with metadata of their own, seeded and equal to the directory.
  private func remembered() async throws -> StateWorld {
    let world = StateWorld()
    for index in 0..<5 {
      try world.write("fx/orders/\(index)", "body \(index)\n")
      try world.write("fx/orders/\(index)@s3", #"{"metadata": {"number": "\#(index)"}}"#)
    }
    try await world.layOut("fx")
    world.pass()
    #expect(try await world.letters("fx").isEmpty)
    return world
  }

  @Test("A flipped bit in remembered digests or properties never shows a difference", arguments: 0..<20)
  func flipped(twentieth: Int) async throws {
    let world = try await remembered()
    let cache = try world.cache
    for path in [cache.hashes.path, cache.known("memory", "orders").path] {
      var bytes = FileAccess.read(path) ?? []
      guard !bytes.isEmpty else { continue }
      let place = bytes.count * twentieth / 20
      bytes[place] ^= 1 << UInt8(twentieth % 8)
      try world.overwrite(path, with: bytes)
      #expect(try await world.letters("fx").isEmpty, "byte \(place) of \(path)")
    }
  }

  @Test("Remembered lines in another order, duplicated or missing never show a difference", arguments: 0..<6)
  func reordered(seed: UInt64) async throws {
    let world = try await remembered()
    let path = try world.cache.known("memory", "orders").path
    let lines = String(decoding: FileAccess.read(path) ?? [], as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 10)
    var generator = SeededGenerator(seed: seed)
    let first = try #require(lines.first { $0.hasPrefix("P") })
    let damages: [[Substring]] = [
      lines.shuffled(using: &generator), Array(lines.reversed()), [first] + lines, Array(lines.dropFirst()) + [first],
      lines.filter { $0.hasPrefix("P") }.shuffled(using: &generator) + lines.filter { $0.hasPrefix("O") },
    ]
    for damaged in damages {
      try world.overwrite(path, with: Array((damaged.joined(separator: "\n") + "\n").utf8))
      #expect(try await world.letters("fx").isEmpty, "\(damaged)")
    }
  }

  @Test("Properties of the same number from an older file are rejected")
  func mixed() throws {
    let world = StateWorld()
    func file(_ name: String, _ value: String) throws -> [Substring] {
      let known = KnownObjects(world.file(name))
      known.remember(
        "a",
        .init(
          etag: ETag("e"), size: 1, modified: .at(Timestamp(seconds: 1)), observed: Timestamp(seconds: 3),
          properties: Properties(metadata: ["a": value])))
      known.save()
      return try #require(world.read(name)).split(separator: "\n")
    }
    let (old, new) = (try file("old", "1"), try file("new", "2"))
    try world.write("mixed", "\(old[0])\n\(new[1])\n")
    #expect(KnownObjects(world.file("mixed")).count == 0)
    #expect(KnownObjects(world.file("new")).count == 1)
  }

  @Test("The file says what is known, whether all of its lines are written anew or few", arguments: 0..<10)
  func fewChanges(seed: UInt64) throws {
    let world = StateWorld()
    var generator = SeededGenerator(seed: seed)
    var truth: [ObjectKey: KnownObjects.Entry] = [:]
    var number = 0
    func entry() -> KnownObjects.Entry {
      number += 1
      return .init(
        etag: ETag("\(number)"), size: Int64(number), modified: .notAfter(Timestamp(seconds: 1)),
        observed: Timestamp(seconds: Int64(number)), properties: Properties(metadata: ["a": "\(number % 90)"]))
    }
    for round in 0..<30 {
      let known = KnownObjects(world.file("known"))
      for (key, entry) in truth { #expect(known.entry(of: key) == entry, "round \(round)") }
      #expect(known.count == truth.count)
      // Another process saves later.
      let before = truth
      let other = KnownObjects(world.file("known"))
      for _ in 0..<(round % 7 == 0 ? 200 : Int.random(in: 0..<5, using: &generator)) {
        // One key is the end of another.
        let key = ObjectKey(
          ["a b/", "b/", ""].randomElement(using: &generator)! + "\(Int.random(in: 0..<90, using: &generator))")
        if Int.random(in: 0..<3, using: &generator) == 0 {
          truth[key] = nil
          known.forget(key)
        } else {
          truth[key] = entry()
          known.remember(key, truth[key]!)
        }
      }
      known.save()
      if round % 5 == 3 {
        // It has read the file before, and replaces it: nothing is mixed.
        truth = before
        truth["other"] = entry()
        other.remember("other", truth["other"]!)
        other.save()
      }
    }
    let lines = try #require(world.read("known")).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("O") } == truth.count)
    #expect(lines.count { $0.hasPrefix("P") } <= 64 + 90)
  }

  @Test("A file whose version is known is not looked at again")
  func seen() async throws {
    let world = StateWorld()
    try world.write("file", "text")
    let path = world.directory + "/file"
    let version = FileVersion(try #require(FileAccess.status(path)))
    // What has just been changed is hashed each time.
    await until {
      let now = Timestamp.now()
      return now.seconds * 1_000_000_000 + Int64(now.nanoseconds) > version.changed + 50_000_000
    }
    let hashes = LocalHashes(nil)
    let digests = try hashes.digests(of: path, seen: version)
    FileAccess.remove(path)
    #expect(try hashes.digests(of: path, seen: version) == digests)
    #expect(throws: StateFailure.self) { try hashes.digests(of: path) }
  }

  @Test("Files are accessible only to their user, whatever the umask")
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
