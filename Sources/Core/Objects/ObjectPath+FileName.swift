extension ObjectPath {
  /// The place below a directory as a relative file name, spelt as the mount spells it: without segments that would
  /// lead elsewhere (`.`, `..`, empty ones). Directories end in "/". nil for what is not below.
  public func fileName(below directory: ObjectPath) -> String? {
    if directory.isRoot {
      guard !isRoot else { return nil }
      let rest = isBucket ? "" : fileName(below: ObjectPath(bucket: bucket)) ?? ""
      return "\(bucket)/\(rest)"
    }
    guard bucket == directory.bucket, key.hasPrefix(directory.key), key != directory.key else { return nil }
    var segments = key.dropping(prefix: directory.key).utf8.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isDirectory = segments.last?.isEmpty == true
    if isDirectory { segments.removeLast() }
    let names = segments.flatMap { KeyMapping.names(forSegment: String(Substring($0))) }
    return names.joined(separator: "/") + (isDirectory ? "/" : "")
  }
}
