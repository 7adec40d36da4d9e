// SEMANTICS: 3.10
import S3
import TestSupport
import Testing

@testable import Core

@Suite("Copies inside the mount")
struct CopyTests {
  let world = World(unit: 4096)
  static let large = (0..<120_000).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) }

  private func open(_ name: String, _ flags: OpenFlags = [.read]) async throws -> FileHandle {
    try await world.fileSystem.files.open(try await world.inode("bucket/\(name)"), flags: flags).handle
  }

  private func create(_ name: String) async throws -> FileHandle {
    try await world.fileSystem.files.create(
      name, in: try await world.inode("bucket"), permissions: 0o640, flags: [.write], caller: World.caller
    ).file.handle
  }

  private func save(_ file: FileHandle) async throws {
    try await world.fileSystem.files.flush(file, othersOpen: false)
    await world.fileSystem.files.release(file)
  }

  /// Copies as `cp` does: until nothing is left.
  private func copy(_ source: FileHandle, to target: FileHandle) async throws {
    var offset: Int64 = 0
    while true {
      let done = try await world.fileSystem.files.copyRange(
        from: source, at: offset, to: target, at: offset, count: 40_000)
      if done == 0 { return }
      offset += done
    }
  }

  @Test("a whole file is one COPY, and no byte passes through here")
  func whole() async throws {
    var properties = ObjectProperties(contentType: "text/x-own", userMetadata: ["theirs": "1"])
    properties.cacheControl = "no-store"
    world.memory.put("bucket", "from", Self.large, properties: properties)
    let (source, target) = (try await open("from"), try await create("to.txt"))
    world.recorder.reset()
    try await copy(source, to: target)
    try await save(target)
    #expect(world.recorder.counts == [.copyObject: 1])
    #expect(world.recorder.bytesSent == 0)
    #expect(world.memory.bytes("bucket", "to.txt") == Self.large)
    let head = try #require(world.memory.head("bucket", "to.txt"))
    #expect(head.properties.contentType == "text/x-own")
    #expect(head.properties.cacheControl == "no-store" && head.properties.userMetadata["theirs"] == "1")
    #expect(PosixMetadata(userMetadata: head.properties.userMetadata).permissions == 0o640)
    #expect(try await world.read("bucket/to.txt").utf8.count > 0)
  }

  @Test("a copy changed before its close has the right bytes, and only the change is sent")
  func changed() async throws {
    world.memory.put("bucket", "from", Self.large)
    let (source, target) = (try await open("from"), try await create("to"))
    try await copy(source, to: target)
    _ = try await world.fileSystem.files.write([1, 2, 3], at: 48_000, to: target)
    #expect(
      try await world.read(target, at: 47_999, count: 5) == [
        Self.large[47_999], 1, 2, 3, Self.large[48_003],
      ])
    world.recorder.reset()
    try await save(target)
    var expected = Self.large
    expected.replaceSubrange(48_000..<48_003, with: [1, 2, 3])
    #expect(world.memory.bytes("bucket", "to") == expected)
    #expect(world.recorder.count(.uploadPartCopy) == 2)
    #expect(world.recorder.bytesSent < 6 * 4096)
  }

  @Test("ranges of several files, written bytes and holes make one object")
  func mixed() async throws {
    let other = (0..<80_000).map { UInt8(truncatingIfNeeded: $0 / 77) }
    world.memory.put("bucket", "one", Self.large)
    world.memory.put("bucket", "two", other)
    let (one, two) = (try await open("one"), try await open("two"))
    let target = try await create("to")
    let files = world.fileSystem
    _ = try await files.files.copyRange(from: one, at: 1000, to: target, at: 0, count: 48_000)
    _ = try await files.files.copyRange(from: two, at: 7, to: target, at: 48_000, count: 36_000)
    _ = try await files.files.write([9, 9], at: 24_000, to: target)
    _ = try await files.files.write([8], at: 88_000, to: target)
    try await save(target)
    var expected = Self.large[1000..<49_000] + other[7..<36_007] + [UInt8](repeating: 0, count: 4_000) + [8]
    let start = expected.startIndex
    expected.replaceSubrange(start + 24_000..<start + 24_002, with: [9, 9])
    #expect(world.memory.bytes("bucket", "to").map { $0.elementsEqual(expected) } == true)
    #expect(world.recorder.count(.uploadPartCopy) >= 2)
  }

  @Test(
    "the source may be changed, renamed or deleted before the copy is saved",
    arguments: ["unlink", "rename", "rewrite", "replace"])
  func sourceChanges(how: String) async throws {
    world.memory.put("bucket", "from", Self.large)
    world.memory.put("bucket", "third", "3")
    let (source, target) = (try await open("from"), try await create("to"))
    try await copy(source, to: target)
    await world.fileSystem.files.release(source)
    let bucket = try await world.inode("bucket")
    switch how {
    case "unlink": try await world.fileSystem.names.unlink("from", in: bucket)
    case "rename": try await world.rename("bucket/from", to: "bucket/elsewhere")
    case "replace": try await world.rename("bucket/third", to: "bucket/from")
    default:
      let file = try await open("from", [.write, .truncate])
      _ = try await world.fileSystem.files.write([1], at: 0, to: file)
      try await save(file)
    }
    try await save(target)
    #expect(world.memory.bytes("bucket", "to") == Self.large)
  }

  private static let tags = [Tag(key: "team", value: "a b")]

  /// An object with all headers, metadata and tags, and its copy as `cp` makes it.
  private func decorated(_ name: String, _ body: [UInt8], type: String = "text/x-own") async throws -> FileHandle {
    var properties = ObjectProperties(contentType: type, userMetadata: ["theirs": "1", "mode": "33279", "uid": "77"])
    properties.contentEncoding = "gzip"
    properties.cacheControl = "no-store"
    world.memory.put("bucket", ObjectKey(name), body, properties: properties)
    try await world.recorder.setTags(Self.tags, of: ObjectReference(bucket: "bucket", key: ObjectKey(name)))
    return try await open(name)
  }

  private func takenOver(by name: String) throws -> Bool {
    let properties = try #require(world.memory.head("bucket", ObjectKey(name))).properties
    let signs = [
      properties.contentEncoding == "gzip", properties.cacheControl == "no-store",
      properties.userMetadata["theirs"] == "1", world.memory.tags("bucket", ObjectKey(name)) == Self.tags,
    ]
    #expect(Set(signs).count == 1, "all or nothing: \(signs)")
    // The file's own mode and times stay in any case.
    #expect(PosixMetadata(userMetadata: properties.userMetadata).permissions == 0o640)
    #expect(properties.userMetadata["uid"] != "77")
    return signs[0]
  }

  @Test("a copy has the source's headers and tags, small or large", arguments: [1, 1_000, 120_000])
  func headers(size: Int) async throws {
    let source = try await decorated("from", Array(Self.large.prefix(size)))
    let target = try await create("to")
    try await copy(source, to: target)
    try await save(target)
    #expect(world.memory.bytes("bucket", "to") == Array(Self.large.prefix(size)))
    #expect(try takenOver(by: "to"))
    // It keeps them when it is written again.
    let again = try await open("to", [.write])
    _ = try await world.fileSystem.files.write([1], at: 0, to: again)
    try await save(again)
    #expect(try takenOver(by: "to"))
  }

  @Test(
    "a copy of anything but exactly the whole source gets no headers from it",
    arguments: ["part", "more", "changed", "cut", "second", "over a file"])
  func headersStay(how: String) async throws {
    world.memory.put("bucket", "two", Self.large)
    let source = try await decorated("from", Self.large)
    let target = try await create("to")
    let (files, size) = (world.fileSystem, Int64(Self.large.count))
    switch how {
    case "part": _ = try await files.files.copyRange(from: source, at: 0, to: target, at: 0, count: 60_000)
    case "second":
      let two = try await open("two")
      _ = try await files.files.copyRange(from: two, at: 0, to: target, at: 0, count: size)
      _ = try await files.files.copyRange(from: source, at: 0, to: target, at: size, count: size)
    case "over a file":
      _ = try await files.files.write([7], at: 0, to: target)
      try await files.files.synchronize(target)
      _ = try await files.files.copyRange(from: source, at: 0, to: target, at: 0, count: size)
    default:
      try await copy(source, to: target)
      switch how {
      case "more": _ = try await files.files.write([1], at: size, to: target)
      case "changed": _ = try await files.files.write([1], at: 5, to: target)
      default: _ = try await files.files.allocate(target, mode: 3, offset: 0, length: 10)
      }
    }
    try await save(target)
    #expect(try !takenOver(by: "to"))
  }

  @Test(
    "a copy's type is derived from its name only if the source's type was, too",
    arguments: [
      ("a.json", "application/json", "b.html", "text/html"), ("a.json", "application/json", "b", "application/json"),
      ("a.json", "text/x-own", "b.html", "text/x-own"), ("a", "binary/octet-stream", "b.html", "text/html"),
    ])
  func type(from: String, _ type: String, to: String, _ expected: String) async throws {
    let source = try await decorated(from, [1, 2, 3], type: type)
    let target = try await create(to)
    try await copy(source, to: target)
    try await save(target)
    #expect(world.memory.head("bucket", ObjectKey(to))?.properties.contentType == expected)
  }

  @Test("user metadata that does not fit beside the file's own is left out, and the copy succeeds")
  func largeMetadata() async throws {
    let properties = ObjectProperties(userMetadata: ["theirs": String(repeating: "x", count: 2_020)])
    world.memory.put("bucket", "from", Self.large, properties: properties)
    let (source, target) = (try await open("from"), try await create("to"))
    try await copy(source, to: target)
    try await save(target)
    #expect(world.memory.head("bucket", "to")?.properties.userMetadata["theirs"] == nil)
    #expect(world.memory.bytes("bucket", "to") == Self.large)
  }

  @Test("unsaved bytes of the source are copied, too")
  func unsavedSource() async throws {
    world.memory.put("bucket", "from", Self.large)
    let source = try await open("from", [.read, .write])
    _ = try await world.fileSystem.files.write([5, 6], at: 60_000, to: source)
    let target = try await create("to")
    try await copy(source, to: target)
    try await save(target)
    var expected = Self.large
    expected.replaceSubrange(60_000..<60_002, with: [5, 6])
    #expect(world.memory.bytes("bucket", "to") == expected)
    #expect(world.memory.bytes("bucket", "from") == Self.large)
  }

  @Test("a copy is truncated and extended like any file")
  func truncated() async throws {
    world.memory.put("bucket", "from", Self.large)
    let (source, target) = (try await open("from"), try await create("to"))
    try await copy(source, to: target)
    var changes = AttributeChanges()
    let inode = try await world.inode("bucket/to")
    for size in [80_000, 84_000] as [Int64] {
      changes.size = size
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: target)
    }
    try await save(target)
    #expect(
      world.memory.bytes("bucket", "to") == Array(Self.large[..<80_000]) + [UInt8](repeating: 0, count: 4_000))
  }

  @Test("a copy that S3 refused is retried, also by the next process")
  func refused() async throws {
    let machine = Machine()
    _ = try await machine.memory.putObject(
      ObjectReference(bucket: "bucket", key: "from"), body: .bytes(Self.large), properties: .init(), condition: .none)
    try await machine.process {
      $0.uploadLimits = World.limits(4096)
    } _: { fileSystem, faults in
      let source = try await fileSystem.open("from", [.read])
      let target = try await fileSystem.createFile("to")
      let size = Int64(Self.large.count)
      #expect(
        try await fileSystem.files.copyRange(from: source.handle, at: 0, to: target.handle, at: 0, count: size) == size)
      faults.fail(.copyObject, times: 99)
      #expect(await failure { try await fileSystem.files.flush(target.handle, othersOpen: false) } == .ioFailure)
    }
    #expect(machine.left.map(\.name) == ["s3://bucket/to"])
    #expect(try await machine.restart() == 0)
    #expect(machine.memory.bytes("bucket", "to") == Self.large)
  }
}
