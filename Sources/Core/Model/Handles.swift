/// An open file. Valid from `open` or `create` to `release`.
public struct FileHandle: Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// An open directory: a snapshot of its listing. Valid from `openDirectory` to `releaseDirectory`.
public struct DirectoryHandle: Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// How a file is opened (open(2)).
public struct OpenFlags: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let read = Self(rawValue: 1)
  public static let write = Self(rawValue: 2)
  /// Each write goes to the end of the file as it then is (O_APPEND).
  public static let append = Self(rawValue: 4)
  public static let truncate = Self(rawValue: 8)
  /// With `create`: fail if the name exists (O_EXCL).
  public static let exclusive = Self(rawValue: 16)
  /// With `truncate`: the file loses its set-user-ID and set-group-ID bits, as with any change by an ordinary user.
  public static let clearsSetID = Self(rawValue: 32)
}

/// A file that was opened, and what the kernel may do with its page cache.
public struct OpenedFile: Sendable {
  public var handle: FileHandle
  /// The bytes are those that were read through an earlier open: cached pages stay valid (FOPEN_KEEP_CACHE).
  public var keepsCache: Bool
  /// The current attributes. When `attributesChanged`, the kernel's cached attributes (most of all the size) are stale
  /// and must be invalidated before the open is answered.
  public var attributes: Attributes
  public var attributesChanged: Bool
}

/// A file that was created: its name, which counts as one lookup, and a handle.
public struct CreatedFile: Sendable {
  public var entry: Entry
  public var file: OpenedFile
}

/// Bytes that were read: slices in order, shared with the cache, not copied.
public struct ReadData: Sendable {
  public private(set) var slices: [ArraySlice<UInt8>] = []
  public private(set) var count = 0

  public init() {}

  public init(_ bytes: [UInt8]) { append(bytes[...]) }

  public mutating func append(_ slice: ArraySlice<UInt8>) {
    guard !slice.isEmpty else { return }
    slices.append(slice)
    count += slice.count
  }

  /// All bytes in one array. Copies, unless there is one whole slice.
  public var bytes: [UInt8] {
    if slices.count == 1 { return Array(slices[0]) }
    var joined: [UInt8] = []
    joined.reserveCapacity(count)
    for slice in slices { joined.append(contentsOf: slice) }
    return joined
  }
}

/// The values of statfs(2). S3 has no size, so these are large and constant, apart from names.
public struct FileSystemFigures: Sendable {
  public var blockSize: UInt64 = 4096
  public var blocks: UInt64
  public var freeBlocks: UInt64
  public var files: UInt64
  public var freeFiles: UInt64
  public var maximumNameLength: UInt64 = 255
}

/// How renameat2(2) treats a new name that exists.
public struct RenameFlags: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Fail if the new name exists (RENAME_NOREPLACE).
  public static let noReplace = Self(rawValue: 1)
  /// Swap both names (RENAME_EXCHANGE).
  public static let exchange = Self(rawValue: 2)
}

/// How setxattr(2) treats an attribute that exists or does not.
public enum AttributeWrite: Sendable { case createOrReplace, create, replace }
