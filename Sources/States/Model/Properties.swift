package import S3

/// The properties that are stored with an object's bytes, as `?meta` and the sidecars spell them.
package struct Properties: Hashable, Sendable {
  /// Header names in lower case; only those in `headerNames`.
  package var headers: [String: String]
  /// Names without `x-amz-meta-`, in lower case.
  package var metadata: [String: String]
  package var tags: [String: String]

  package init(headers: [String: String] = [:], metadata: [String: String] = [:], tags: [String: String] = [:]) {
    self.headers = headers
    self.metadata = metadata
    self.tags = tags
  }

  /// Without encryption: its keys are another machine's.
  private static let fields = StoredHeader.all.filter { $0.kind == .described || $0.value == \.storageClass }

  /// The headers that S3 stores with an object.
  package static let headerNames = fields.map(\.name)

  package init(_ stored: ObjectProperties, tags: [Tag]) {
    self.init(metadata: stored.userMetadata, tags: Dictionary(tags.map { ($0.key, $0.value) }) { $1 })
    for field in Self.fields { headers[field.name] = stored[keyPath: field.value] }
  }

  /// The headers of a PUT, with tags.
  package var forWriting: ObjectProperties {
    var properties = ObjectProperties(userMetadata: metadata)
    for field in Self.fields { properties[keyPath: field.value] = headers[field.name] }
    properties.tags = sortedTags
    return properties
  }

  /// The limit of names and values that S3 accepts as the headers of one request, in bytes.
  private static let headerRoom = 8 << 10

  /// The reason why no object can have these properties; `nil` if one can.
  package var problem: String? {
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
      guard Self.headerNames.contains(name) else {
        return "S3 stores no header \"\(name)\" with an object; it stores \(Self.headerNames.joined(separator: ", "))"
      }
      guard HeaderText.isValue(value) else { return "\(name) holds what no header can carry" }
      guard HeaderText.isTrimmed(value) else { return "\(name) begins or ends with a blank, which no header keeps" }
    }
    // Servers take dates in several forms, and some of them "0", as HTTP/1.0 did.
    if let date = headers["expires"], !date.isEmpty, !date.unicodeScalars.contains(where: { ("0"..."9").contains($0) })
    {
      return "\"\(date)\" is no date for expires; write Thu, 01 Jan 2026 00:00:00 GMT"
    }
    if let storageClass = headers["x-amz-storage-class"], !Self.isStorageClass(storageClass) {
      return "\"\(storageClass)\" cannot be a storage class"
    }
    if let name = metadata.keys.sorted().first(where: { !HeaderText.isToken($0) }) {
      return "\"\(name)\" cannot be the name of a metadata header"
    }
    let size = (Array(headers) + Array(metadata)).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard size <= Self.headerRoom else {
      return "S3 takes at most \(Self.headerRoom >> 10) KiB of headers with an object, with its metadata"
    }
    return Tag.problem(of: sortedTags) ?? sortedTags.lazy.compactMap(\.problem).first
  }

  /// Returns whether a text can be a storage class. Servers have classes of their own, but all are named alike. An
  /// empty value removes a default.
  private static func isStorageClass(_ text: String) -> Bool {
    text.utf8.count <= 64
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "_")
      }
  }

  package var sortedTags: [Tag] { tags.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) } }
}

/// A header, metadata entry or tag that differs; `nil` means absent.
package struct PropertyDifference: Hashable, Sendable {
  package enum Kind: String, Sendable { case header, metadata, tag }

  package let kind: Kind
  package let name: String
  package let expected: String?
  package let actual: String?

  /// The printed name: for headers the one on the wire.
  package var label: String {
    switch kind {
    case .header: name
    case .metadata: "x-amz-meta-\(name)"
    case .tag: "tag \(name)"
    }
  }
}

/// The properties of an object that a state specifies.
package struct StatedProperties: Hashable, Sendable {
  package var properties: Properties
  /// False where nothing names a Content-Type: then the one by the name's extension is written, and a comparison also
  /// accepts S3's own defaults, because many clients send none.
  package var statesContentType: Bool

  package init(_ properties: Properties, statesContentType: Bool = true) {
    self.properties = properties
    self.statesContentType = statesContentType
  }

  private static let defaultTypes: Set<String> = ["binary/octet-stream", "application/octet-stream"]

  /// Returns what differs, sorted; empty when `actual` is as stated.
  package func differences(from actual: Properties) -> [PropertyDifference] {
    var expected = properties
    let isDefault = actual.headers["content-type"].map(Self.defaultTypes.contains) ?? true
    if !statesContentType {
      expected.headers["content-type"] = acceptedType(of: actual)
    } else if expected.headers["content-type"] == nil, isDefault {
      // Without one S3 stores its default.
      expected.headers["content-type"] = actual.headers["content-type"]
    }
    return Self.compare(.header, expected.headers, actual.headers)
      + Self.compare(.metadata, expected.metadata, actual.metadata)
      + Self.compare(.tag, expected.tags, actual.tags)
  }

  private func acceptedType(of actual: Properties) -> String? {
    let guess = properties.headers["content-type"]
    guard let type = actual.headers["content-type"] else { return nil }
    let bare = type.prefix { $0 != ";" }.lowercased()
    return Self.defaultTypes.contains(bare) || bare == guess ? type : guess
  }

  private static func compare(
    _ kind: PropertyDifference.Kind, _ expected: [String: String], _ actual: [String: String]
  ) -> [PropertyDifference] {
    Set(expected.keys).union(actual.keys).sorted().compactMap { name in
      // Byte by byte: another spelling of an accent is another value.
      guard expected[name].map({ Array($0.utf8) }) != actual[name].map({ Array($0.utf8) }) else { return nil }
      return PropertyDifference(kind: kind, name: name, expected: expected[name], actual: actual[name])
    }
  }
}

// A mount stores a file's mode, owner and times as metadata, in s3fs's format, which is irrelevant to comparisons.

extension Properties {
  private static let always: Set = ["mode", "uid", "gid"]
  private static let fileAttributes: Set = ["mode", "uid", "gid", "mtime", "atime", "ctime"]
  /// S_IFMT and, in it, S_IFREG and S_IFDIR.
  private static let (typeBits, regular, directory): (UInt32, UInt32, UInt32) = (0o170000, 0o100000, 0o040000)

  /// The properties without attributes written by a mount. They are recognized by the time of a change, which it writes
  /// with whatever it changes, or by a mode, owner and group together, of a file or a directory. Keeps those of symbolic
  /// links, and single entries that only happen to have such a name (rclone's `mtime`).
  var withoutFileAttributes: Properties {
    let isMounts = metadata["ctime"].map { Double($0) != nil } ?? Self.always.isSubset(of: metadata.keys)
    let type = metadata["mode"].map { UInt32($0).map { $0 & Self.typeBits } } ?? 0
    guard isMounts, let type, [0, Self.regular, Self.directory].contains(type) else { return self }
    var properties = self
    properties.metadata = metadata.filter { !Self.fileAttributes.contains($0.key) }
    return properties
  }

  /// Whether any of these attributes is specified.
  var namesFileAttributes: Bool { !Self.fileAttributes.isDisjoint(with: metadata.keys) }
}
