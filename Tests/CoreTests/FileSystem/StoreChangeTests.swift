import S3
import TestSupport
import Testing

@testable import Core

/// 1.1 After any sequence of own changes, through both fronts, a file system with cached state shows the same as one
/// without.
struct StoreChangeTests {
  private static let names = ["a", "b", "a-", "日本"]

  /// With an endless ttl: state that a change left stale is shown for ever.
  private let world = World { $0.ttl = .seconds(3600) }

  private enum Change: CaseIterable {
    case write, put, unlink, delete, makeDirectory, makeDirectoryByKey, removeDirectory, deleteTree, rename, move, copy
    case details, tags, mode
  }

  private func randomPath(_ generator: inout SeededGenerator, from least: Int = 1) -> String {
    let depth = Int.random(in: least...3, using: &generator)
    return (0..<depth).map { _ in Self.names.randomElement(using: &generator)! }.joined(separator: "/")
  }

  private func path(_ text: String, isDirectory: Bool = false) -> ObjectPath {
    ObjectPath(bucket: "bucket", key: ObjectKey(text + (isDirectory ? "/" : "")))
  }

  /// Throws notFound, where `World.inode` fails the test.
  private func inode(_ path: String) async throws -> InodeNumber {
    guard let entry = try await world.find(path) else { throw FileSystemError(.notFound, path) }
    return entry.inode
  }

  private func change(_ generator: inout SeededGenerator) async throws {
    let (fileSystem, edits) = (world.fileSystem, world.fileSystem.edits)
    let (one, two) = (randomPath(&generator), randomPath(&generator))
    let text = String(repeating: "x", count: Int.random(in: 0...40, using: &generator))
    let isDirectory = Bool.random(using: &generator)
    let (parent, name) = world.split("bucket/" + one)
    switch Change.allCases.randomElement(using: &generator)! {
    case .write:
      _ = try await inode(parent)
      try await world.write(text, to: "bucket/" + one)
    case .put:
      let writer = try edits.writer(to: path(one), properties: .init(contentType: "text/css"), condition: .none)
      try await writer.append(Array(text.utf8))
      _ = try await writer.finish()
    case .unlink: try await fileSystem.names.unlink(name, in: try await inode(parent))
    case .delete: _ = try await edits.delete(path(one), recursive: false)
    case .makeDirectory:
      _ = try await fileSystem.names.makeDirectory(
        name, in: try await inode(parent), permissions: 0o755, caller: World.caller)
    case .makeDirectoryByKey: _ = try await edits.createDirectory(path(one, isDirectory: true))
    case .removeDirectory: try await fileSystem.names.removeDirectory(name, in: try await inode(parent))
    case .deleteTree: _ = try await edits.delete(path(one, isDirectory: true), recursive: true)
    case .rename:
      for path in [parent, world.split("bucket/" + two).parent] { _ = try await inode(path) }
      try await world.rename("bucket/" + one, to: "bucket/" + two)
    case .move:
      try await edits.move(path(one, isDirectory: isDirectory), to: path(two, isDirectory: isDirectory), replace: true)
    case .copy:
      try await edits.copy(path(one, isDirectory: isDirectory), to: path(two, isDirectory: isDirectory), replace: true)
    case .details:
      let changes = DetailChanges(headers: ["content-type": "text/csv"], metadata: ["a": text])
      _ = try await edits.change(path(one), to: changes, ifMatch: nil)
    case .tags: _ = try await edits.change(path(one), to: DetailChanges(tags: ["t": text]), ifMatch: nil)
    case .mode:
      var changes = AttributeChanges()
      changes.permissions = 0o600
      _ = try await fileSystem.attributeWriter.setAttributes(
        of: try await inode("bucket/" + one), to: changes, handle: nil)
    }
  }

  /// All files with their attributes and headers.
  private func files(of world: World, below path: String = "bucket") async throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    for name in try await world.names(path) {
      let child = "\(path)/\(name)"
      guard let attributes = try await world.find(child)?.attributes else {
        found[child] = ["listed, and not found"]
        continue
      }
      if attributes.kind == .directory {
        found.merge(try await files(of: world, below: child)) { first, _ in first }
      } else {
        let place = ObjectPath(bucket: "bucket", key: ObjectKey(String(child.dropFirst("bucket/".count))))
        var stated = ["\(attributes.size) \(String(attributes.permissions, radix: 8)) \(attributes.modified.seconds)"]
        if case .object(let info)? = try? await world.fileSystem.byKey.locate(place, freshness: .withinTTL) {
          stated.append("\(info.etag) \(info.properties?.contentType ?? "?")")
        }
        found[child] = stated
      }
    }
    return found
  }

  private func plain(_ files: [String: [String]]) -> [String: [String]] {
    Dictionary(uniqueKeysWithValues: files.map { path, stated in (path.replacing("‛object", with: ""), stated) })
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `cached state after own changes is what S3 has`(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<30 {
      do { try await change(&generator) } catch is FileSystemError {}
      // Fills the caches with what changes next.
      if Bool.random(using: &generator) { _ = try await files(of: world) }
      // So that the next change happens in another second.
      world.time.advance(by: .milliseconds(Int.random(in: 0...700, using: &generator)))
    }
    let fresh = World(memory: world.memory)
    // Directories emptied here stay, and an object beside such a directory has another name.
    let (shown, there) = (plain(try await files(of: world)), plain(try await files(of: fresh)))
    #expect(shown.keys.sorted() == there.keys.sorted(), "seed \(seed)")
    for (name, stated) in there where shown[name] != nil {
      for (own, other) in zip(shown[name]!, stated) where !own.hasSuffix("?") && !other.hasSuffix("?") {
        #expect(own == other, "\(name), seed \(seed)")
      }
    }
  }
}
