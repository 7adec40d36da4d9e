// SEMANTICS: 2.1, 2.1.3
import S3
import TestSupport
import Testing

@testable import Core

/// 2.1: without a ttl an observer sees what was written before its request; and what a burst costs.
struct FreshInBurstsTests {
  private func world(
    directory count: Int = 1000, others: Int = 300, behaviour: InMemoryStore.Behaviour = .init(),
    _ change: (inout FileSystemOptions) -> Void = { _ in }
  ) -> World {
    let world = World(behaviour: behaviour) {
      $0.ttl = nil
      change(&$0)
    }
    for index in 0..<count { world.memory.put("bucket", ObjectKey("d/\(name(index))"), "content \(index)") }
    for index in 0..<others { world.memory.put("bucket", ObjectKey("other/\(index / 10)/\(index)"), "x") }
    return world
  }

  private func name(_ index: Int) -> String { "f\(10_000 + index)" }

  /// Runs one observer's burst and counts its requests.
  @discardableResult
  private func burst(
    _ world: World, after pause: Duration = .milliseconds(200), _ body: @escaping () async throws -> Void
  ) async throws -> [StoreOperation: Int] {
    try await one(world, after: pause) { try await world.requests(body) }
  }

  /// - Parameter pause: the time since the previous burst.
  private func one<Value>(
    _ world: World, after pause: Duration = .milliseconds(200), _ body: @escaping () async throws -> Value
  ) async throws -> Value {
    world.time.advance(by: pause)
    var burst = Burst()
    let bounds = burst.asks(at: world.time.source.now(), pause: .zero)
    return try await Burst.$bounds.withValue(bounds, operation: body)
  }

  private func count(_ requests: [StoreOperation: Int], without free: StoreOperation...) -> Int {
    requests.filter { !free.contains($0.key) }.values.reduce(0, +)
  }

  // MARK: What is seen

  @Test func `2.1 lookups, opens and listings see what another client did before the burst`() async throws {
    let world = world(directory: 5, others: 0)
    try await burst(world) { () async throws in
      #expect(try await world.names("bucket/d").count == 5)
      #expect(try await world.find("bucket/d/new") == nil)
      #expect(try await world.read("bucket/d/\(name(1))") == "content 1")
    }
    world.memory.put("bucket", "d/new", "new")
    world.memory.put("bucket", ObjectKey("d/\(name(1))"), "replaced")
    world.memory.remove("bucket", ObjectKey("d/\(name(2))"))
    world.memory.put("bucket", "e/f", "x")
    try await burst(world) { () async throws in
      #expect(try await world.find("bucket/d/new")?.attributes.size == 3)
      #expect(try await world.find("bucket/d/\(name(2))") == nil)
      #expect(try await world.names("bucket") == ["d", "e"])
      #expect(Set(try await world.names("bucket/d")) == Set(["new"] + [0, 1, 3, 4].map(name)))
      #expect(try await world.read("bucket/d/\(name(1))") == "replaced")
    }
  }

  @Test func `2.1 a burst that does not end sees changes within 100 ms`() async throws {
    let world = world(directory: 5, others: 0)
    var burst = Burst()
    func look() async throws -> Bool {
      let now = world.time.source.now
      let bounds = burst.asks(at: now(), pause: .microseconds(150))
      let isSeen = try await Burst.$bounds.withValue(bounds) { () async throws in
        try await world.find("bucket/d/new") != nil
      }
      burst.isAnswered(at: now())
      world.time.advance(by: .microseconds(100))
      return isSeen
    }
    #expect(try await !look())
    world.memory.put("bucket", "d/new", "new")
    var looks = 1
    while try await !look() { looks += 1 }
    #expect(looks > 10 && looks <= 1000)
  }

  @Test func `2.1 an observer sees buckets come and go`() async throws {
    let world = world(directory: 1, others: 0)
    try await burst(world) { () async throws in #expect(try await world.names("") == ["bucket"]) }
    try await world.memory.createBucket("second")
    try await burst(world) { () async throws in #expect(try await world.find("second") != nil) }
    try await burst(world) { () async throws in #expect(try await world.names("") == ["bucket", "second"]) }
    try await world.memory.deleteBucket("second")
    try await burst(world) { () async throws in #expect(try await world.find("second") == nil) }
    try await burst(world) { () async throws in #expect(try await world.find("second/x") == nil) }
    try await burst(world) { () async throws in #expect(try await world.names("") == ["bucket"]) }
  }

  @Test func `2.1 a LIST that began before the burst is not waited for`() async throws {
    let world = world(directory: 3, others: 0)
    try await burst(world) { () async throws in _ = try await world.names("bucket/d") }
    let gate = world.faults.hold(.listObjects)
    async let early = one(world) { try await world.names("bucket/d") }
    await gate.reached()
    world.memory.put("bucket", "d/new", "new")
    async let late = one(world) { try await world.names("bucket/d") }
    gate.release()
    _ = try await early
    #expect(try await late.contains("new"))
  }

  @Test(arguments: 0..<10)
  func `2.1 two observers see random changes`(seed: Int) async throws {
    let world = world(directory: 0, others: 0) { $0.umask = 0o022 }
    var random = SeededGenerator(seed: UInt64(seed))
    var truth: [String: Int] = [:]
    let pause = Duration.milliseconds(seed % 3 == 0 ? 200 : 1)
    if seed % 2 == 0 {
      for index in 0..<1200 { world.memory.put("bucket", ObjectKey("filler/\(index)"), "x") }
    }
    for step in 0..<80 {
      let key =
        "\("abc".randomElement(using: &random)!)/\("de".randomElement(using: &random)!)/\(Int.random(in: 0..<4, using: &random))"
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        truth[key] = step + 1
        world.memory.put("bucket", ObjectKey(key), [UInt8](repeating: 1, count: step + 1))
      case 1:
        truth[key] = nil
        world.memory.remove("bucket", ObjectKey(key))
      default:
        try await burst(world, after: pause) { () async throws in
          try await world.write("own\(step)", to: "bucket/" + own(key, truth), flags: [.write, .truncate])
        }
        truth[own(key, truth)] = "own\(step)".utf8.count
      }
      let known = truth
      let (directory, look) = (String(key.dropLast(2)), Int.random(in: 0..<3, using: &random))
      try await burst(world, after: pause) { () async throws in
        for _ in 0..<2 {
          switch look {
          case 0:
            #expect(try await world.find("bucket/" + key).map { Int($0.attributes.size) } == known[key], "\(step)")
          case 1:
            let names = known.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(4)) }
            let shown =
              try await world.find("bucket/" + directory) == nil ? [] : try await world.names("bucket/" + directory)
            #expect(shown.sorted() == names.sorted(), "\(step)")
          default:
            guard let size = known[key] else { continue }
            #expect(try await world.read("bucket/" + key).utf8.count == size, "\(step)")
          }
        }
      }
    }
  }

  /// A key in an existing directory: the kernel creates nothing elsewhere.
  private func own(_ key: String, _ truth: [String: Int]) -> String {
    truth.keys.contains { $0.dropLast(2) == key.dropLast(2) } ? key : "top\(key.last!)"
  }

  // MARK: What it costs

  @Test func `2.1 1,000 stats in a loop, and of 1,000 missing names, are 2 LIST`() async throws {
    let world = world()
    try await burst(world) { () async throws in _ = try await world.find("bucket/d/\(name(0))") }
    let found = try await burst(world) { () async throws in
      for index in 0..<1000 { #expect(try await world.find("bucket/d/\(name(index))") != nil) }
    }
    #expect(found[.listObjects, default: 0] <= 2 && count(found, without: .listObjects, .headObject) == 0, "\(found)")
    #expect(found[.headObject, default: 0] <= HeadLimits.perDirectory)
    let missing = try await burst(world) { () async throws in
      for index in 0..<1000 { #expect(try await world.find("bucket/d/no\(index)") == nil) }
    }
    #expect(count(missing) <= 2, "\(missing)")
  }

  @Test func `2.1 ls -l of 1,000, again at once, is 2 LIST`() async throws {
    let world = world()
    func list() async throws {
      for name in try await world.names("bucket/d") { #expect(try await world.find("bucket/d/" + name) != nil) }
    }
    // No name of a directory that was just listed costs a HEAD, though none of their headers are known.
    let first = try await burst(world) { () async throws in try await list() }
    #expect(count(first) <= 5, "\(first)")
    let again = try await burst(world) { () async throws in try await list() }
    #expect(count(again) <= 2, "\(again)")
  }

  @Test func `2.1 300 small files read again are 2 LIST`() async throws {
    let world = world(directory: 300, others: 1000)
    func read() async throws {
      for index in 0..<300 { #expect(try await world.read("bucket/d/\(name(index))") == "content \(index)") }
    }
    try await burst(world) { () async throws in try await read() }
    let again = try await burst(world) { () async throws in try await read() }
    #expect(count(again) <= 2, "\(again)")
  }

  @Test func `2.1 200 new files in a new directory are 200 PUT and a LIST`() async throws {
    let world = world()
    try await burst(world) { () async throws in _ = try await world.names("bucket") }
    let made = try await burst(world) { () async throws in
      let parent = try await world.inode("bucket")
      _ = try await world.fileSystem.names.makeDirectory("new", in: parent, permissions: 0o755, caller: World.caller)
      for index in 0..<200 { try await world.write("x", to: "bucket/new/\(index)") }
    }
    #expect(made[.putObject] == 201 && count(made, without: .putObject) <= 2, "\(made)")
  }

  @Test func `2.1 50 appends with a close each are 50 PUT, a LIST and a HEAD`() async throws {
    let world = world(directory: 500, others: 1000)
    try await burst(world) { () async throws in try await world.write("0", to: "bucket/d/log") }
    let appended = try await burst(world) { () async throws in
      for index in 1...50 {
        let inode = try await world.inode("bucket/d/log")
        let file = try await world.fileSystem.files.open(inode, flags: [.write, .append])
        _ = try await world.fileSystem.files.write(Array("\(index)".utf8), at: 0, to: file.handle)
        try await world.fileSystem.files.flush(file.handle, othersOpen: false)
        await world.fileSystem.files.release(file.handle)
      }
    }
    #expect(appended[.putObject] == 50 && count(appended, without: .putObject) <= 2, "\(appended)")
    #expect(world.memory.text("bucket", "d/log")?.hasPrefix("0123") == true)
  }

  @Test func `2.1 a lookup after a pause, three folders deep, is one request`() async throws {
    let world = world(directory: 500, others: 400)
    world.memory.put("bucket", "a/b/c/file", "x")
    try await burst(world) { () async throws in #expect(try await world.read("bucket/a/b/c/file") == "x") }
    let read = try await burst(world) { () async throws in #expect(try await world.read("bucket/a/b/c/file") == "x") }
    let found = try await burst(world) { () async throws in #expect(try await world.find("bucket/a/b/c/file") != nil) }
    let missing = try await burst(world) { () async throws in #expect(try await world.find("bucket/a/b/c/none") == nil)
    }
    let elsewhere = try await burst(world) { () async throws in
      #expect(try await world.find("bucket/other/1/none") == nil)
    }
    for requests in [read, found, missing, elsewhere] { #expect(count(requests) == 1, "\(requests)") }
  }

  @Test func `2.1 with many keys a lookup in the directory of the last one is one request, too`() async throws {
    let world = world(directory: 3000, others: 3000)
    world.memory.put("bucket", "a/b/c/file", "x")
    for _ in 0..<2 {
      try await burst(world) { () async throws in #expect(try await world.read("bucket/a/b/c/file") == "x") }
    }
    let read = try await burst(world) { () async throws in #expect(try await world.read("bucket/a/b/c/file") == "x") }
    let missing = try await burst(world) { () async throws in #expect(try await world.find("bucket/a/b/c/none") == nil)
    }
    for requests in [read, missing] { #expect(count(requests) == 1, "\(requests)") }
    // In a directory of many names: its parent by a LIST, the name by a HEAD and a LIST.
    for _ in 0..<2 {
      try await burst(world) { () async throws in #expect(try await world.find("bucket/d/\(name(7))") != nil) }
    }
    let large = try await burst(world) { () async throws in #expect(try await world.find("bucket/d/\(name(8))") != nil)
    }
    #expect(count(large) <= 4, "\(large)")
  }

  @Test func `2.1 lookups of names that no bucket can have cost nothing`() async throws {
    let world = world(directory: 1, others: 0)
    let probes = try await burst(world) { () async throws in #expect(try await world.find(".git") == nil) }
    #expect(probes == [:])
  }

  @Test func `2.1.3 one lookup per burst in a large directory never leads to a listing of it`()
    async throws
  {
    let world = world(directory: 3000, others: 0)
    try await burst(world) { () async throws in #expect(try await world.names("bucket/d").count == 3000) }
    for index in 0..<20 {
      let path = ObjectPath(bucket: "bucket", key: ObjectKey("d/new\(index)"))
      let requests = try await burst(world, after: .milliseconds(1)) { () async throws in
        #expect(try await world.fileSystem.byKey.standing(at: path) == (false, false))
      }
      #expect(requests == [.headObject: 1, .listObjects: 1])
    }
    // Many lookups in one burst do.
    let requests = try await burst(world) { () async throws in
      for index in 0..<500 { #expect(try await world.find("bucket/d/\(name(index))") != nil) }
    }
    #expect(requests[.listObjects, default: 0] <= 4 + 3 + 3)
  }

  @Test func `2.1.3 names looked up in order in a large directory are listed from there on, a page per burst`()
    async throws
  {
    let world = world(directory: 2400, others: 0)
    try await burst(world) { () async throws in #expect(try await world.names("bucket/d").count == 2400) }
    // Missing names between them are on the same pages.
    let names = (0..<2400).flatMap { [name($0), name($0) + "-"] }
    var total: [StoreOperation: Int] = [:]
    for start in stride(from: 0, to: names.count, by: 400) {
      let requests = try await burst(world) { () async throws in
        for index in start..<start + 400 {
          #expect((try await world.find("bucket/d/" + names[index]) != nil) == index.isMultiple(of: 2))
        }
      }
      total.merge(requests) { $0 + $1 }
    }
    // Each of 12 bursts finds the directory, and needs one page or two.
    #expect(total[.listObjects, default: 0] <= 4 + 12 * 3, "\(total)")
    // The headers of some names each second.
    #expect(total[.headObject, default: 0] <= 4 * HeadLimits.perDirectory, "\(total)")
  }

  @Test func `2.1.3 where several look at the same time, one look costs no listing of a directory of many names`()
    async throws
  {
    let world = world(directory: 500, others: 1000)
    for _ in 0..<2 {
      try await burst(world) { () async throws in #expect(try await world.find("bucket/d/new") == nil) }
    }
    let alone = try await burst(world) { () async throws in #expect(try await world.find("bucket/d/new") == nil) }
    #expect(alone == [.listObjects: 1])
    for index in 0..<20 {
      world.memory.put("bucket", ObjectKey("d/other\(index)"), "x")
      let requests = try await burst(world, after: .milliseconds(1)) { () async throws in
        world.fileSystem.knowledge.observersMet(at: world.time.source.now())
        #expect(try await world.find("bucket/d/other\(index)") != nil)
      }
      #expect(requests[.headObject, default: 0] <= 2 && requests[.listObjects, default: 0] <= 2, "\(requests)")
    }
    // Many looks in one burst do.
    let many = try await burst(world) { () async throws in
      world.fileSystem.knowledge.observersMet(at: world.time.source.now())
      for index in 0..<500 { #expect(try await world.find("bucket/d/\(name(index))") != nil) }
    }
    #expect(many[.listObjects, default: 0] <= 4, "\(many)")
  }

  /// SeaweedFS sorts directories as files, and begins behind a directory of the name that it is given.
  @Test(arguments: 0..<6)
  func `2.1 who goes through a large directory sees random changes`(seed: Int) async throws {
    let count = 1600
    var behaviour = InMemoryStore.Behaviour()
    behaviour.passesDirectories = seed % 3 == 0
    if seed % 3 == 1 { behaviour.pageSize = 70 }
    let world = world(directory: 0, others: 0, behaviour: behaviour)
    var random = SeededGenerator(seed: UInt64(seed))
    var truth: [String: FileKind] = [:]
    func change(_ name: String) {
      world.memory.remove("bucket", ObjectKey("d/\(name)"))
      world.memory.remove("bucket", ObjectKey("d/\(name)/x"))
      truth[name] = [FileKind.file, .directory, nil].randomElement(using: &random)!
      if truth[name] == .file { world.memory.put("bucket", ObjectKey("d/\(name)"), "x") }
      if truth[name] == .directory { world.memory.put("bucket", ObjectKey("d/\(name)/x"), "x") }
    }
    let names = (0..<count).flatMap { ["n\($0)", "n\($0)-"] }.sorted { ByteName($0) < ByteName($1) }
    world.memory.put("bucket", "d/", "")
    for index in 0..<count * 2 { change(names[index]) }
    try await burst(world) { () async throws in
      #expect(Set(try await world.names("bucket/d")) == Set(truth.keys))
    }
    var position = 0
    while position < names.count {
      for _ in 0..<5 { change(names[Int.random(in: 0..<names.count, using: &random)]) }
      let end = min(position + Int.random(in: 1..<120, using: &random), names.count)
      let (part, known) = (names[position..<end], truth)
      try await burst(world, after: .milliseconds(seed % 2 == 0 ? 200 : 1)) { () async throws in
        for name in part {
          let found = try await world.find("bucket/d/" + name)
          #expect(found?.attributes.kind == known[name], "\(name)")
        }
      }
      // An own change of one of the names that were just listed.
      let own = names[min(end + 3, names.count - 1)]
      if truth[own] == .file {
        try await burst(world, after: .milliseconds(1)) { () async throws in
          try await world.fileSystem.names.unlink(own, in: try await world.inode("bucket/d"))
          #expect(try await world.find("bucket/d/" + own) == nil)
        }
        truth[own] = nil
      } else if truth[own] == nil {
        try await burst(world, after: .milliseconds(1)) { () async throws in
          try await world.write("own", to: "bucket/d/" + own)
          #expect(try await world.find("bucket/d/" + own)?.attributes.size == 3)
        }
        truth[own] = .file
      }
      position = end
    }
  }

  @Test func `2.1.3 objects read one per burst are validated by a HEAD each, whatever the size of their directory`()
    async throws
  {
    let world = world(directory: 900, others: 300)
    func read(_ index: Int) async throws {
      let path = ObjectPath(bucket: "bucket", key: ObjectKey("d/\(name(index))"))
      let reader = try await world.fileSystem.byKey.reader(of: path, freshness: .withinTTL)
      #expect(try await reader.read(at: 0, count: 100).bytes == Array("content \(index)".utf8))
    }
    for index in 0..<30 { try await burst(world, after: .milliseconds(1)) { () async throws in try await read(index) } }
    for index in 0..<30 {
      let requests = try await burst(world, after: .milliseconds(1)) { () async throws in try await read(index) }
      #expect(requests == [.headObject: 1])
    }
  }
}
