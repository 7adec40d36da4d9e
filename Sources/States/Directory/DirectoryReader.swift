import Glibc
import Keys
import S3

/// Reads a directory as a state: folders at the top are buckets, files below them objects.
///
/// Skipped at the top: names that begin with a dot, and `README*` files; anything else that is not a folder is an
/// error. Inside a bucket's folder every file is an object or a sidecar. Empty folders are ignored: git does not store
/// them either; a marker is written `folder/‛object`, and a bucket without objects has a folder with an `@s3` of `{}`.
package struct DirectoryReader: Sendable {
  private let root: String

  package init(_ path: String) { root = FileAccess.withoutSlash(path) }

  /// Reads which buckets a directory has. The objects are read when the result is.
  package static func open(_ path: String, hashes: LocalHashes) throws(StateFailure) -> UnreadState {
    try DirectoryReader(path).topLevel(hashes)
  }

  /// Opens a directory whose files belong below a prefix of one bucket (`seed --into`).
  package static func open(
    _ path: String, into bucket: String, prefix: String, hashes: LocalHashes
  ) throws(StateFailure) -> UnreadState {
    let reader = DirectoryReader(path)
    try reader.requireDirectory()
    return UnreadState(buckets: [bucket], label: reader.root) { _ throws(StateFailure) in
      let contents = try reader.bucket(at: reader.root, prefix: prefix)
      return State(buckets: [bucket: contents], source: DirectorySource(label: reader.root, hashes: hashes))
    }
  }

  private func topLevel(_ hashes: LocalHashes) throws(StateFailure) -> UnreadState {
    try requireDirectory()
    guard let names = FileAccess.names(in: root) else { throw .disk("read the directory", root) }
    var rules = Rules.none
    var folders: [String: String] = [:]
    for name in names where name.utf8.first != UInt8(ascii: ".") {
      let path = "\(root)/\(name)"
      if name == FixtureNames.rules {
        rules = try Rules(Sidecar.document(path), place: path, directory: root)
      } else if FileAccess.isDirectory(path) {
        do throws(BucketNameError) { try BucketName.validate(name) } catch {
          throw StateFailure(.trouble, "\(path): \(error.description)")
        }
        folders[name] = path
      } else if !name.uppercased().hasPrefix("README") {
        throw StateFailure(
          .trouble, "\(path) is a file where a bucket's folder should be: the top level of \(root) holds buckets")
      }
    }
    guard !folders.isEmpty else {
      throw StateFailure(
        .trouble, "\(root) holds no bucket: each folder in it is a bucket, and what is below are its objects")
    }
    return UnreadState(buckets: Array(folders.keys), label: root) {
      [self, rules, folders] isWanted throws(StateFailure) in
      var state = State(buckets: [:], source: DirectorySource(label: root, hashes: hashes))
      state.rules = rules
      for (name, path) in folders.sorted(by: { $0.key < $1.key }) where isWanted(name) {
        state.buckets[name] = try bucket(at: path, prefix: "")
      }
      return state
    }
  }

  private func requireDirectory() throws(StateFailure) {
    guard let status = FileAccess.status(root) else {
      throw StateFailure(.trouble, "there is no directory \(root): \(FileAccess.reason)")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw StateFailure(.trouble, "\(root) is not a directory")
    }
  }

  // MARK: One bucket

  /// A file that was found, before its sidecar is applied.
  private struct Found {
    let key: ObjectKey
    let path: String
    let version: FileVersion
  }

  private func bucket(at path: String, prefix: String) throws(StateFailure) -> BucketState {
    var files: [Found] = []
    var sidecars: [ObjectKey: Sidecar] = [:]
    var defaults = BucketSidecar()
    let own = "\(path)/\(FixtureNames.suffix)"
    if FileAccess.status(own) != nil {
      defaults = try BucketSidecar(Sidecar.document(own), place: own)
    }
    try walk(path, [], depth: 0, prefix: prefix, &files, &sidecars)
    var state = BucketState(versioning: defaults.versioning)
    state.items.reserveCapacity(files.count)
    // Most objects have the same properties: one copy in memory.
    var known: Set<StatedProperties> = []
    var plain = PlainProperties()
    for file in files {
      let sidecar =
        (sidecars.isEmpty ? nil : sidecars.removeValue(forKey: ObjectKey(file.path))) ?? defaults.objects[file.key]
      let stated: StatedProperties
      if sidecar == nil, defaults.defaults.isEmpty {
        stated = plain.properties(of: file.key)
      } else {
        let isNew: Bool
        (isNew, stated) = known.insert(Self.stated(file.key, sidecar, defaults.stated(for: file.key)))
        // Several defaults together may exceed the limits.
        if isNew, let problem = stated.properties.problem { throw Sidecar.problem(file.path, problem) }
      }
      state.items.append(
        Item(key: file.key, size: file.version.size, content: .file(file.path, file.version), stated: stated))
    }
    if !defaults.objects.isEmpty, let missing = Set(defaults.objects.keys).subtracting(files.map(\.key)).sorted().first
    {
      throw Sidecar.problem(own, "objects: there is no object \"\(missing)\"")
    }
    if files.isEmpty, sidecars.isEmpty, FileAccess.status(own) == nil { state.emptyFolder = path }
    if let orphan = sidecars.keys.sorted().first {
      throw StateFailure(.trouble, "\(orphan)\(FixtureNames.suffix) has no object: there is no file \(orphan)")
    }
    state.items.sort { $0.key < $1.key }
    if let twice = zip(state.items, state.items.dropFirst()).first(where: { $0.key == $1.key }) {
      throw StateFailure(.trouble, "\(path): two files are the object \"\(twice.0.key)\"")
    }
    return state
  }

  /// Combines a sidecar with the bucket's defaults.
  static func stated(_ key: ObjectKey, _ sidecar: Sidecar?, _ defaults: Sidecar) -> StatedProperties {
    var properties = Properties()
    let headers = (defaults.headers ?? [:]).merging(sidecar?.headers ?? [:]) { $1 }
    // An empty value removes a default.
    properties.headers = headers.filter { !$0.value.isEmpty }
    if properties.headers["x-amz-storage-class"] == "STANDARD" { properties.headers["x-amz-storage-class"] = nil }
    properties.metadata = sidecar?.metadata ?? defaults.metadata ?? [:]
    properties.tags = sidecar?.tags ?? defaults.tags ?? [:]
    let statesType = headers["content-type"] != nil
    if !statesType { properties.headers["content-type"] = contentType(of: key) }
    return StatedProperties(properties, statesContentType: statesType)
  }

  /// Returns the Content-Type that is written if none is specified.
  static func contentType(of key: ObjectKey) -> String {
    if key.string.utf8.last == UInt8(ascii: "/") { return MediaType.directory }
    let slash = key.string.utf8.lastIndex(of: UInt8(ascii: "/"))
    return MediaType.ofFile(named: slash.map { String(key.string[$0...].dropFirst()) } ?? key.string)
  }

  /// More than the depth of any key.
  private static let maximumDepth = 1100

  private func walk(
    _ path: String, _ names: [String], depth: Int, prefix: String, _ files: inout [Found],
    _ sidecars: inout [ObjectKey: Sidecar]
  ) throws(StateFailure) {
    guard !Task.isCancelled else { throw .interrupted }
    guard depth < Self.maximumDepth else { throw StateFailure(.trouble, "\(path) is nested too deep for a key") }
    guard let entries = FileAccess.entries(in: path) else { throw .disk("read the directory", path) }
    let folder = path + "/"
    for entry in entries {
      let name = entry.name
      let child = folder + name
      // Symbolic links are followed, as `aws s3 sync` does; a broken one is an error, not a missing object. Looked at
      // once more for the reason.
      guard let found = entry.found ?? FileAccess.Entry(name: name, status: FileAccess.status(child)).found else {
        if name.unicodeScalars.contains("\u{FFFD}") {
          throw StateFailure(.trouble, "\(child) cannot be an object: a file's name in it is not UTF-8, and keys are")
        }
        throw .disk("read", child)
      }
      switch found.type {
      case S_IFDIR:
        if case .sidecar = FixtureNames.parse(name) {
          throw StateFailure(
            .trouble,
            "\(child) is a folder, and has the name of a sidecar: a folder of that name is written "
              + FixtureNames.file(forName: name))
        }
        try walk(child, names + [name], depth: depth + 1, prefix: prefix, &files, &sidecars)
      case S_IFREG:
        if names.isEmpty, name == FixtureNames.suffix { continue }
        switch FixtureNames.parse(name) {
        case .sidecar(let owner):
          sidecars[ObjectKey("\(path)/\(owner)")] = try Sidecar(Sidecar.document(child), place: child)
        case .object:
          let key = try key(forPath: names + [name], prefix: prefix, file: child)
          files.append(Found(key: key, path: child, version: found.version))
        }
      default: throw StateFailure(.trouble, "\(child) is neither a file nor a folder: it cannot be an object")
      }
    }
  }

  private func key(forPath path: [String], prefix: String, file: String) throws(StateFailure) -> ObjectKey {
    let key: ObjectKey
    do throws(KeyMappingError) { key = try FixtureNames.key(forPath: path) } catch {
      throw StateFailure(.trouble, "\(file) names no key: \(error.description)")
    }
    let whole = prefix.isEmpty ? key : ObjectKey(prefix + key.string)
    guard whole.length <= ObjectKey.maximumLength else {
      throw StateFailure(.trouble, "\(file): the key has \(whole.length) bytes, S3 takes \(ObjectKey.maximumLength)")
    }
    return whole
  }
}

/// The properties of objects without a sidecar or defaults, which depend on the name's extension only: one copy in
/// memory, made once for those of a type.
private struct PlainProperties {
  private var ofType: [String: StatedProperties] = [:]
  /// Neighbours often share their extension.
  private var last: (ending: [UInt8], properties: StatedProperties)?

  mutating func properties(of key: ObjectKey) -> StatedProperties {
    let ending = Self.ending(of: key)
    if let last, let ending, last.ending.elementsEqual(ending) { return last.properties }
    let type = DirectoryReader.contentType(of: key)
    let found = ofType[type] ?? DirectoryReader.stated(key, nil, Sidecar())
    ofType[type] = found
    last = ending.map { (Array($0), found) }
    return found
  }

  /// Returns the last dot of a name and what follows it; `nil` if the whole name counts, as that of a hidden file.
  private static func ending(of key: ObjectKey) -> Substring.UTF8View? {
    let bytes = key.string.utf8
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > bytes.startIndex,
      bytes[bytes.index(before: dot)] != UInt8(ascii: "/")
    else { return nil }
    let ending = bytes[dot...]
    return ending.contains(UInt8(ascii: "/")) ? nil : ending
  }
}

/// The files of a directory.
package struct DirectorySource: StateSource {
  package let label: String
  let hashes: LocalHashes

  package func md5(of item: Item, in bucket: String) async throws(StateFailure) -> MD5Digest {
    guard case .file(let path, let seen) = item.content else {
      throw StateFailure(.trouble, "\(item.key) is not in \(label)")
    }
    return try hashes.digests(of: path, seen: seen).md5
  }

  package func properties(of item: Item, in bucket: String, readsTags: Bool) async throws(StateFailure) -> Properties {
    item.stated?.properties ?? Properties()
  }

  package func bytes(of item: Item, in bucket: String, limit: Int) async throws(StateFailure) -> [UInt8] {
    guard case .file(let path, _) = item.content, let bytes = FileAccess.read(path, limit: limit) else {
      throw .disk("read", "\(label)/\(bucket)/\(item.key)")
    }
    return bytes
  }

  package func file(of item: Item, in bucket: String) async throws(StateFailure) -> LocalFile {
    guard case .file(let path, _) = item.content else { throw StateFailure(.trouble, "\(item.key) is not in \(label)") }
    return LocalFile(path: path)
  }
}

/// Bucket names from user input.
package enum BucketNames {
  package static func require(_ name: String) throws(StateFailure) {
    do throws(BucketNameError) { try BucketName.validate(name) } catch {
      throw StateFailure(.trouble, error.description)
    }
  }
}
