import Glibc

/// Removes folders in which no file is left. Never follows a symbolic link.
enum EmptyFolders {
  /// Removes a folder, and those below it, unless a file is somewhere in it. Returns whether it was removed.
  @discardableResult
  static func remove(_ path: String) -> Bool {
    guard isFolder(path) else { return false }
    for name in FileAccess.names(in: path) ?? [] { remove("\(path)/\(name)") }
    return rmdir(path) == 0
  }

  /// Removes the folders above a removed file, as far as they are empty, up to `top`, which stays.
  static func removeAbove(_ file: String, below top: String) {
    var path = file
    while let slash = path.lastIndex(of: "/") {
      path = String(path[..<slash])
      guard path.utf8.count > top.utf8.count, isFolder(path), rmdir(path) == 0 else { return }
    }
  }

  /// Returns whether there is no file in a folder, however deep, except for those named at its top.
  static func isEmpty(_ path: String, but names: Set<String> = []) -> Bool {
    (FileAccess.names(in: path) ?? []).allSatisfy { name in
      names.contains(name) || (isFolder("\(path)/\(name)") && isEmpty("\(path)/\(name)"))
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    FileAccess.linkStatus(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }
}
