import Core
import S3
import TestSupport
import Testing

/// Compares random lookups and listings in a tree with S3, while this process and other clients change it: however many
/// directories one request answered for, no answer is older than the ttl.
struct WalkPropertyTests {
  private static let names = ["a", "a-", "a0", "b", "日本", "z~", "x.y", "c"]

  /// What the file system must show of a bucket.
  private struct Model {
    var keys: [String] = []
    /// Directories that stay because they were emptied here.
    var kept: Set<String> = []
    /// Directories that may stay: others' objects in them were not known, or S3 has had something below them since.
    var maybeKept: Set<String> = []

    /// Records a local removal from a directory.
    /// - Parameter isKnown: whether all that others did was known by then.
    mutating func removed(from directory: String, isKnown: Bool) {
      let isEmpty = isKnown && !keys.contains { $0.hasPrefix(directory + "/") }
      var path = directory[...]
      while !path.isEmpty {
        if isEmpty { kept.insert(String(path)) } else { maybeKept.insert(String(path)) }
        path = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
      }
    }

    mutating func update(_ keys: [String]) {
      self.keys = keys
      let alive = kept.filter { directory in keys.contains { $0.hasPrefix(directory + "/") } }
      kept.subtract(alive)
      maybeKept.formUnion(alive)
    }

    /// Whether a directory may be shown, so that an object of its name would have another name.
    func isUnsure(_ path: String) -> Bool { maybeKept.contains(path) && !isDirectory(path) }

    func sure(_ names: Set<String>, in directory: String) -> Set<String> {
      names.filter { name in
        !isUnsure(directory + "/" + (name.hasSuffix("‛object") ? String(name.dropLast("‛object".count)) : name))
      }
    }

    /// The names in a directory.
    func names(_ directory: String) -> Set<String> {
      let prefix = directory + "/"
      var names: Set<String> = []
      for directory in kept where directory.hasPrefix(prefix) {
        names.insert(String(directory.dropFirst(prefix.count).prefix { $0 != "/" }))
      }
      for key in keys where key.hasPrefix(prefix) && key != prefix {
        let rest = key.dropFirst(prefix.count)
        let name = String(rest.prefix { $0 != "/" })
        let isObjectBesideDirectory = name.count == rest.count && isDirectory(prefix + name)
        names.insert(isObjectBesideDirectory ? name + "‛object" : name)
      }
      return names
    }

    func isDirectory(_ path: String) -> Bool { kept.contains(path) || keys.contains { $0.hasPrefix(path + "/") } }
    func isObject(_ path: String) -> Bool { keys.contains(path) }
  }

  private func keys(_ world: World) -> [String] { (world.memory.keys("bucket") ?? []).map(\.string) }

  /// A path in two trees of directories with few names each, so that tree scans happen.
  private func randomPath(_ generator: inout SeededGenerator) -> String {
    let choices = [["t"], Array(Self.names.prefix(2)), Self.names, Array(Self.names.suffix(3))]
    let depth = Int.random(in: 3...4, using: &generator)
    return choices.prefix(depth).map { $0.randomElement(using: &generator)! }.joined(separator: "/")
  }

  /// Returns nil also where the path leads through a file.
  private func find(_ world: World, _ path: String) async throws -> Attributes? {
    do { return try await world.find(path)?.attributes } catch let error as FileSystemError {
      guard error.code == .notDirectory else { throw error }
      return nil
    }
  }

  private func changeElsewhere(_ world: World, _ generator: inout SeededGenerator) {
    let path = randomPath(&generator)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: world.memory.put("bucket", ObjectKey(path + "/"), "")
    case 1: keys(world).randomElement(using: &generator).map { world.memory.remove("bucket", ObjectKey($0)) }
    default: world.memory.put("bucket", ObjectKey(path), "else")
    }
  }

  /// Writes or removes a file, where the file system allows it, and expects to see that at once.
  private func changeHere(_ world: World, _ model: inout Model, isKnown: Bool, _ generator: inout SeededGenerator)
    async throws
  {
    let path = randomPath(&generator)
    let (directory, name) = world.split(path)
    guard let parent = try await find(world, "bucket/\(directory)"), parent.kind == .directory else { return }
    if Bool.random(using: &generator) {
      do { try await world.write("here", to: "bucket/\(path)") } catch { return }
      #expect(try await find(world, "bucket/\(path)")?.size == 4, "\(path)")
    } else if try await find(world, "bucket/\(path)")?.kind == .file {
      do { try await world.fileSystem.names.unlink(name, in: parent.inode) } catch { return }
      model.update(keys(world))
      model.removed(from: directory, isKnown: isKnown)
      #expect(try await find(world, "bucket/\(path)") == nil, "\(path)")
    }
  }

  private func check(_ world: World, _ model: Model, _ generator: inout SeededGenerator) async throws {
    for _ in 0..<40 {
      let path = randomPath(&generator)
      let found = try await find(world, "bucket/\(path)")
      if model.isDirectory(path) {
        #expect(found?.kind == .directory, "\(path)")
        guard Bool.random(using: &generator) else { continue }
        let names = Set(try await world.names("bucket/\(path)"))
        #expect(model.sure(names, in: path) == model.sure(model.names(path), in: path), "\(path)")
      } else if !model.isUnsure(path) {
        #expect(found?.kind == (model.isObject(path) ? .file : nil), "\(path)")
      }
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func `no answer is older than the ttl, and own changes are seen at once`(seed: UInt64) async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.passesDirectories = seed % 3 == 0
    behaviour.pageSize = seed % 2 == 0 ? 1000 : 12
    let world = World(memory: InMemoryStore(buckets: ["bucket"], behaviour: behaviour))
    var generator = SeededGenerator(seed: seed)
    var model = Model()
    for _ in 0..<80 { changeElsewhere(world, &generator) }
    for _ in 0..<12 {
      model.update(keys(world))
      try await check(world, model, &generator)
      for _ in 0..<4 { try await changeHere(world, &model, isKnown: true, &generator) }
      for _ in 0..<4 { changeElsewhere(world, &generator) }
      for _ in 0..<2 { try await changeHere(world, &model, isKnown: false, &generator) }
      world.time.advance(by: .milliseconds(1001))
    }
  }
}
