// A mount keeps a file's mode, owner and times as metadata, in s3fs's format. They say nothing about what a program wrote.

extension Properties {
  private static let always: Set = ["mode", "uid", "gid"]
  private static let fileAttributes: Set = ["mode", "uid", "gid", "mtime", "atime", "ctime"]
  /// S_IFMT and, in it, S_IFREG and S_IFDIR.
  private static let (typeBits, regular, directory): (UInt32, UInt32, UInt32) = (0o170000, 0o100000, 0o040000)

  /// The same without the attributes that a mount has written: all of mode, owner and group are there, and it is a file
  /// or a directory. A symbolic link's are what it is; and a metadata entry that only has such a name is somebody's own.
  var withoutFileAttributes: Properties {
    guard Self.always.isSubset(of: metadata.keys), let mode = metadata["mode"].flatMap({ UInt32($0) }),
      [0, Self.regular, Self.directory].contains(mode & Self.typeBits)
    else { return self }
    var properties = self
    properties.metadata = metadata.filter { !Self.fileAttributes.contains($0.key) }
    return properties
  }

  /// Whether any of them is stated.
  var namesFileAttributes: Bool { !Self.fileAttributes.isDisjoint(with: metadata.keys) }
}
