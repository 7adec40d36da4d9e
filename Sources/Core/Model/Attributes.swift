/// The number of an inode, as `stat` shows it. Derived from bucket and key, so that it is the same after a remount.
public struct InodeNumber: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The root of the mount (FUSE_ROOT_ID).
  public static let root = Self(rawValue: 1)
  public var description: String { String(rawValue) }
}

/// The kind of a file (S_IFMT of stat(2)).
public enum FileKind: UInt8, Sendable, CaseIterable {
  case file, directory, symbolicLink, fifo, socket, characterDevice, blockDevice
}

/// The attributes of an inode, as stat(2) shows them.
public struct Attributes: Hashable, Sendable {
  public var inode: InodeNumber
  public var kind: FileKind
  /// The permission bits, 0 ... 0o7777.
  public var permissions: UInt32
  public var owner: UInt32
  public var group: UInt32
  /// In bytes; 0 for directories, the target's length for symbolic links.
  public var size: Int64
  public var accessed: Timestamp
  public var modified: Timestamp
  public var changed: Timestamp
  public var device: UInt64 = 0
  public var links: UInt32

  public init(
    inode: InodeNumber, kind: FileKind, permissions: UInt32, owner: UInt32, group: UInt32, size: Int64,
    modified: Timestamp, accessed: Timestamp? = nil, changed: Timestamp? = nil
  ) {
    self.inode = inode
    self.kind = kind
    self.permissions = permissions
    self.owner = owner
    self.group = group
    self.size = size
    self.modified = modified
    self.accessed = accessed ?? modified
    self.changed = changed ?? modified
    links = kind == .directory ? 2 : 1
  }

  /// Equal for equal attributes, in one process; different for others, except in one case in 2^64.
  var fingerprint: Int { hashValue }
}

/// The attributes that setattr changes: those that are not nil (chmod, chown, truncate, utimensat).
public struct AttributeChanges: Hashable, Sendable {
  public var permissions: UInt32?
  public var owner: UInt32?
  public var group: UInt32?
  public var size: Int64?
  public var accessed: Timestamp?
  public var modified: Timestamp?

  public init() {}
  public var isEmpty: Bool { self == Self() }
}

/// The caller of an operation, which owns new files (fuse_ctx).
public struct Caller: Hashable, Sendable {
  public var user: UInt32
  public var group: UInt32
  /// The process's umask, already applied by the kernel unless FUSE_CAP_DONT_MASK.
  public var umask: UInt32

  public init(user: UInt32, group: UInt32, umask: UInt32 = 0) {
    self.user = user
    self.group = group
    self.umask = umask
  }
}

/// A name that exists: its inode and attributes, and how long they may be cached without breaking the freshness bound.
public struct Entry: Sendable {
  public var attributes: Attributes
  /// How long the kernel may use the name and the attributes without a request.
  public var validFor: Duration
  public var attributesValidFor: Duration

  public init(attributes: Attributes, validFor: Duration, attributesValidFor: Duration? = nil) {
    self.attributes = attributes
    self.validFor = validFor
    self.attributesValidFor = attributesValidFor ?? validFor
  }

  /// A validity for the current call alone, which looked the name up: the kernel rounds it up to the next tick of its
  /// clock. The next call looks the name up again, and with it the attributes.
  public static let thisCall = Duration.nanoseconds(2)

  public var inode: InodeNumber { attributes.inode }
}

/// The answer to a lookup. An absent name may be cached too.
public enum LookupAnswer: Sendable {
  case found(Entry)
  case absent(validFor: Duration)
}
