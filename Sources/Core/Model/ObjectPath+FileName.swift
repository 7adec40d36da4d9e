import Keys

extension ObjectPath {
  /// The Content-Type that an object of this name gets where none is given.
  public var usualContentType: String {
    let segments = key.string.utf8.split(separator: UInt8(ascii: "/"))
    return MediaType.ofFile(named: segments.last.map { String(Substring($0)) } ?? "")
  }

  /// Returns the path of the place below a directory as a relative file name, spelt as the mount spells it: without
  /// segments that would lead elsewhere (`.`, `..`, empty ones). Directories end in "/". nil for a place that is not
  /// below.
  /// - Parameter isShadowed: whether the `‛object` name is meant: of an object beside a directory of the same name, or
  ///   of the body of a directory's marker, which may be that of `directory` itself.
  public func fileName(below directory: ObjectPath, isShadowed: Bool = false) -> String? {
    if directory.isRoot {
      guard !isRoot else { return nil }
      let rest = isBucket ? "" : fileName(below: ObjectPath(bucket: bucket), isShadowed: isShadowed) ?? ""
      return "\(bucket)/\(rest)"
    }
    guard bucket == directory.bucket, key.hasPrefix(directory.key) else { return nil }
    let rest = ObjectKey(key.dropping(prefix: directory.key))
    if rest.isEmpty { return isShadowed && !key.isEmpty ? KeyMapping.markerBodyName : nil }
    let names = KeyMapping.path(forKey: rest) { _ in isShadowed }
    return names.joined(separator: "/") + (isDirectory && !isShadowed ? "/" : "")
  }

  /// Returns the place that a relative file name, spelt as the mount spells it, names below this directory: the inverse
  /// of `fileName(below:)`. A first segment below the root is a bucket. The name of a marker's body, which does not end
  /// in "/", resolves to the directory. Throws invalidName for a name that spells no key.
  public func place(ofFileName name: String) throws(FileSystemError) -> ObjectPath {
    let isDirectory = name.utf8.last == UInt8(ascii: "/")
    var names = name.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    guard let first = names.first else { throw FileSystemError(.invalidName, "the name is empty") }
    var directory = self
    if isRoot {
      directory = ObjectPath(bucket: first)
      names.removeFirst()
      if names.isEmpty { return directory }
    }
    if !isDirectory, !directory.key.isEmpty, names == [KeyMapping.markerBodyName] { return directory }
    do throws(KeyMappingError) {
      let key = try KeyMapping.key(forPath: names, isDirectory: isDirectory)
      return ObjectPath(bucket: directory.bucket, key: ObjectKey(directory.key.string + key.string))
    } catch {
      throw FileSystemError(.invalidName, "its name stands for no key: \(error.description)")
    }
  }
}
