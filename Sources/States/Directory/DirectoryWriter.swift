import Basics
import Glibc
import S3
import Synchronization

extension Sidecar {
  /// Returns the sidecar with which the object compares as equal; `nil` if none is needed.
  static func describing(_ properties: Properties, key: ObjectKey, defaults: BucketSidecar) -> Sidecar? {
    let properties = properties.withoutFileAttributes
    let fromDefaults = defaults.stated(for: key)
    let stated = DirectoryReader.stated(key, nil, fromDefaults)
    if stated.differences(from: properties).isEmpty { return nil }
    var headers = properties.headers
    if !stated.statesContentType,
      stated.differences(from: Properties(headers: properties.headers)).allSatisfy({
        $0.name != "content-type"
      })
    {
      headers["content-type"] = nil
    }
    // An empty value removes a default.
    for name in fromDefaults.headers?.keys ?? [:].keys where headers[name] == nil { headers[name] = "" }
    func section(_ values: [String: String], _ defaults: [String: String]?) -> [String: String]? {
      values.isEmpty && (defaults ?? [:]).isEmpty ? nil : values
    }
    return Sidecar(
      headers: section(headers, nil), metadata: section(properties.metadata, fromDefaults.metadata),
      tags: section(properties.tags, fromDefaults.tags))
  }
}

/// Writes states as directories: `export` and `expect --update`.
package struct DirectoryWriter: Sendable {
  private let root: String
  private let session: Session
  private let partial: PartialFiles

  package init(_ root: String, session: Session) {
    self.root = FileAccess.withoutSlash(root)
    self.session = session
    partial = PartialFiles(in: self.root)
  }

  package struct Outcome: Sendable {
    package var written = 0
    package var removed = 0
    package var untouched = 0
    /// The number of differences that only a person can resolve: those of rules with "as" or "count".
    package var left = 0
  }

  // MARK: A whole state

  /// Writes all objects of a state. Files that have the bytes already are left unchanged. Throws before anything is
  /// written if a symbolic link is on the path. `folder` maps the state's buckets to the folders' names.
  package func export(_ state: State, folder: @Sendable (String) -> String) async throws(StateFailure) -> Outcome {
    var work: [Piece] = []
    var links = LinkCheck(root)
    for (bucket, contents) in state.buckets {
      let folder = "\(root)/\(folder(bucket))"
      try links.require(folder)
      let pieces = try pieces(of: contents.items, bucket, folder)
      for piece in pieces { try links.require(piece.directory) }
      work += pieces
    }
    // A folder is created with its first object: an empty one would say nothing about the bucket.
    try FileAccess.makeDirectories(root, for: .everybody)
    for (bucket, contents) in state.buckets where contents.items.isEmpty {
      try sayThatItIsEmpty("\(root)/\(folder(bucket))")
    }
    for piece in work { try makeRoom(for: piece) }
    session.progress.begin("exporting", total: work.count)
    let written = try await concurrently(work, width: Session.width) { piece throws(StateFailure) in
      defer { session.progress.step() }
      return try await write(piece, from: state.source)
    }
    var outcome = Outcome()
    outcome.written = written.count { $0 }
    outcome.untouched = written.count - outcome.written
    return outcome
  }

  /// Marks a bucket without objects, which neither git nor a later reset sees otherwise.
  private func sayThatItIsEmpty(_ folder: String) throws(StateFailure) {
    let path = "\(folder)/\(FixtureNames.suffix)"
    guard FileAccess.status(path) == nil else { return }
    try FileAccess.makeDirectories(folder, for: .everybody)
    try replace(path, with: "{}\n")
  }

  private struct Piece: Sendable {
    let item: Item
    let bucket: String
    let folder: String
    let names: [String]
    let isShadowed: Bool
    let defaults: BucketSidecar

    var name: String { names[names.count - 1] }
    var directory: String { ([folder] + names.dropLast()).joined(separator: "/") }
  }

  private func pieces(of items: [Item], _ bucket: String, _ folder: String) throws(StateFailure) -> [Piece] {
    let own = "\(folder)/\(FixtureNames.suffix)"
    let defaults =
      FileAccess.status(own) == nil ? BucketSidecar() : try BucketSidecar(Sidecar.document(own), place: own)
    return items.enumerated().map { index, item in
      let next = index + 1 < items.count ? items[index + 1].key : nil
      // Not only the next key: `a!` comes between `a` and `a/b`.
      let isShadowed =
        FixtureNames.isShadowed(item.key, next: next)
        || Self.holds(items, ObjectKey(item.key.string + "/"), from: index + 1)
      return Piece(
        item: item, bucket: bucket, folder: folder,
        names: FixtureNames.path(forKey: item.key, isShadowed: isShadowed), isShadowed: isShadowed, defaults: defaults)
    }
  }

  /// Renames the existing file `a` to `a‛object`, because the bucket has `a/b` now, and the folder `a` needs the name.
  private func makeRoom(for piece: Piece) throws(StateFailure) {
    guard piece.isShadowed, piece.item.key.string.utf8.last != UInt8(ascii: "/") else { return }
    let plain = ([piece.folder] + FixtureNames.path(forKey: piece.item.key, isShadowed: false)).joined(separator: "/")
    guard let status = FileAccess.linkStatus(plain), status.st_mode & S_IFMT != S_IFDIR, !FileAccess.isDirectory(plain)
    else { return }
    try FileAccess.makeDirectories(piece.directory, for: .everybody)
    for suffix in ["", FixtureNames.suffix] where FileAccess.linkStatus(plain + suffix) != nil {
      let path = "\(piece.directory)/\(piece.name)\(suffix)"
      guard rename(plain + suffix, path) == 0 else { throw .disk("write", path) }
    }
  }

  /// Returns whether a key begins with `prefix`, by binary search.
  static func holds(_ items: [Item], _ prefix: ObjectKey, from start: Int) -> Bool {
    var low = start
    var high = items.count
    while low < high {
      let middle = (low + high) / 2
      if items[middle].key < prefix { low = middle + 1 } else { high = middle }
    }
    return low < items.count && items[low].key.hasPrefix(prefix)
  }

  /// Writes a file. Returns whether anything was written.
  private func write(_ piece: Piece, from source: any StateSource) async throws(StateFailure) -> Bool {
    let path = "\(piece.directory)/\(piece.name)"
    try FileAccess.makeDirectories(piece.directory, for: .everybody)
    let properties = try await source.properties(of: piece.item, in: piece.bucket)
    let isSame = try await hasBytes(path, piece, source)
    if !isSame { try await fetch(piece.item, in: piece.bucket, from: source, to: path) }
    let hasChanged = try writeSidecar(
      Sidecar.describing(properties, key: piece.item.key, defaults: piece.defaults), piece)
    return !isSame || hasChanged
  }

  private func hasBytes(_ path: String, _ piece: Piece, _ source: any StateSource) async throws(StateFailure) -> Bool {
    guard let status = FileAccess.status(path), status.st_mode & S_IFMT == S_IFREG,
      Int64(status.st_size) == piece.item.size
    else { return false }
    if piece.item.size == 0 { return true }
    let local = try session.hashes.digests(of: path).md5
    // Without a plain ETag that was verified this costs the GET that writing would cost, too.
    return try await source.md5(of: piece.item, in: piece.bucket) == local
  }

  private func replace(_ path: String, with text: String) throws(StateFailure) {
    try FileAccess.replace(path, writing: try partial.path(), for: .everybody) { $0.add(text.utf8) }
  }

  private func fetch(
    _ item: Item, in bucket: String, from source: any StateSource, to path: String
  ) async throws(StateFailure) {
    let temporary = try partial.path()
    do throws(StateFailure) {
      if let endpoint = source as? EndpointSource {
        _ = try await endpoint.download(item, in: bucket, to: temporary, for: .everybody)
      } else {
        let file = try await source.file(of: item, in: bucket)
        try FileAccess.copy(file.path, to: temporary, for: .everybody)
      }
      guard rename(temporary, path) == 0 else { throw .disk("write", path) }
    } catch {
      FileAccess.remove(temporary)
      throw error
    }
  }

  private func writeSidecar(_ sidecar: Sidecar?, _ piece: Piece) throws(StateFailure) -> Bool {
    let hasEntry = piece.defaults.objects[piece.item.key] != nil
    guard let name = FixtureNames.sidecar(forFile: piece.name) else {
      return sidecar != nil || hasEntry ? try setEntry(sidecar, of: piece.item.key, in: piece.folder) : false
    }
    let path = "\(piece.directory)/\(name)"
    guard let sidecar else {
      let hasChanged = hasEntry ? try setEntry(nil, of: piece.item.key, in: piece.folder) : false
      guard FileAccess.status(path) != nil else { return hasChanged }
      FileAccess.remove(path)
      return true
    }
    // However it is formatted: an equivalent sidecar is left unchanged.
    if FileAccess.status(path) != nil, let old = try? Sidecar(Sidecar.document(path), place: path), old == sidecar {
      return false
    }
    try replace(path, with: sidecar.json.pretty)
    return true
  }

  /// Sets an entry in the bucket's sidecar, where a name is too long for a sidecar of its own. `nil` removes it.
  private func setEntry(_ sidecar: Sidecar?, of key: ObjectKey, in folder: String) throws(StateFailure) -> Bool {
    try Self.bucketSidecars.withLock { (_) throws(StateFailure) in try changeEntry(sidecar, of: key, in: folder) }
  }

  /// Protects a bucket's sidecar, which many objects share.
  private static let bucketSidecars = Mutex(())

  private func changeEntry(_ sidecar: Sidecar?, of key: ObjectKey, in folder: String) throws(StateFailure) -> Bool {
    let path = "\(folder)/\(FixtureNames.suffix)"
    var members = FileAccess.status(path) == nil ? [] : try Sidecar.document(path).members ?? []
    let before = members.first { $0.name == "objects" }?.value.members ?? []
    let entry = sidecar.map { JSONValue.Member(key.string, $0.json) }
    if let entry, before.contains(entry) { return false }
    let objects = before.filter { ObjectKey($0.name) != key } + (entry.map { [$0] } ?? [])
    if objects.count == before.count, entry == nil { return false }
    members.removeAll { $0.name == "objects" }
    if !objects.isEmpty { members.append(.init("objects", .object(objects))) }
    try replace(path, with: JSONValue.object(members).pretty)
    return true
  }

  // MARK: Differences

  /// Updates the directory to the contents of S3 (`expect --update`). Removes objects that only the directory has, and
  /// the folders of buckets that S3 does not have. Throws before anything is changed if a symbolic link is on the path.
  ///
  /// - Parameter isWhole: whether `actual` has all objects of its buckets.
  package func apply(
    _ differences: Differences, actual: State, isWhole: Bool, folder: @Sendable (String) -> String
  ) async throws(StateFailure) -> Outcome {
    var outcome = Outcome()
    outcome.untouched = differences.equal
    var changed: [String: Set<ObjectKey>] = [:]
    var removals: [Removal] = []
    var gone: [String] = []
    for difference in differences.list {
      let folder = "\(root)/\(folder(difference.bucket))"
      if difference.actual != nil {
        changed[difference.bucket, default: []].insert(difference.key)
      } else if difference.change == .missing, difference.key.isEmpty {
        gone.append(folder)
      } else if difference.change == .missing, case .file(let path, _)? = difference.expected?.content {
        removals.append(Removal(path: path, key: difference.key, folder: folder))
      } else if difference.change != .unexpected {
        outcome.left += 1
      }
    }
    var (pieces, shadowed): ([Piece], [Piece]) = ([], [])
    for (bucket, keys) in changed.sorted(by: { $0.key < $1.key }) {
      let items = actual.buckets[bucket]?.items ?? []
      let all = try self.pieces(of: items, bucket, "\(root)/\(folder(bucket))")
      pieces += all.filter { keys.contains($0.item.key) }
      shadowed += all.filter(\.isShadowed)
    }
    var links = LinkCheck(root)
    for piece in pieces + shadowed { try links.require(piece.directory) }
    for removal in removals { try links.require(removal.directory) }
    for folder in gone { try links.require(folder) }

    for removal in removals { try remove(removal) }
    outcome.removed = removals.count
    for folder in gone { removeBucket(folder) }
    for piece in shadowed { try makeRoom(for: piece) }
    for piece in pieces where try await write(piece, from: actual.source) { outcome.written += 1 }
    for (bucket, contents) in actual.buckets where isWhole && contents.items.isEmpty {
      let folder = "\(root)/\(folder(bucket))"
      if removals.contains(where: { $0.folder == folder }), EmptyFolders.isEmpty(folder) {
        try sayThatItIsEmpty(folder)
      }
    }
    return outcome
  }

  private struct Removal {
    let path: String
    let key: ObjectKey
    /// The bucket's folder.
    let folder: String

    var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
  }

  private func remove(_ removal: Removal) throws(StateFailure) {
    FileAccess.remove(removal.path)
    if FixtureNames.sidecar(forFile: removal.path.split(separator: "/").last.map(String.init) ?? "") != nil {
      FileAccess.remove(removal.path + FixtureNames.suffix)
    }
    _ = try setEntry(nil, of: removal.key, in: removal.folder)
    EmptyFolders.removeAbove(removal.path, below: removal.folder)
  }

  /// Removes a bucket's folder. Files that a rule excludes from the comparison stay, and those outside `--only`.
  private func removeBucket(_ folder: String) {
    let own = FixtureNames.suffix
    guard EmptyFolders.isEmpty(folder, but: [own]) else { return }
    FileAccess.remove("\(folder)/\(own)")
    EmptyFolders.remove(folder)
  }
}
