import Glibc

/// Finds symbolic links to folders on the path to what is written or deleted in a directory. A link may lead to files
/// that others share, and keys, which anyone can choose, would determine which of them change. The directory itself may
/// be a link, because the user has named it.
struct LinkCheck {
  private let root: String
  /// Folders that are not links, or do not exist.
  private var sound: Set<String> = []

  init(_ root: String) { self.root = root }

  /// Throws if a folder below the root, or one above it there, is a link. Cost: lstat(2), once for each folder.
  mutating func require(_ folder: String) throws(StateFailure) {
    var path = root
    for name in folder.utf8.dropFirst(root.utf8.count).split(separator: UInt8(ascii: "/")) {
      path += "/" + String(decoding: name, as: UTF8.self)
      guard sound.insert(path).inserted else { continue }
      guard let status = FileAccess.linkStatus(path), status.st_mode & S_IFMT == S_IFLNK else { continue }
      throw StateFailure(
        .trouble,
        "\(path) is a symbolic link: nothing is written or deleted behind it. Put a folder in its place, or give another "
          + "directory. Nothing was changed")
    }
  }
}
