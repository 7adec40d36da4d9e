import Foundation

/// Paths for one test's files, below a folder that is removed when the process of the tests ends.
public enum TestPath {
  private static let folder = makeFolder(in: FileManager.default.temporaryDirectory.path)
  private static let memoryFolder =
    FileManager.default.isWritableFile(atPath: "/dev/shm") ? makeFolder(in: "/dev/shm") : folder

  private static func makeFolder(in parent: String) -> String {
    var template = Array((parent + "/localstackmount-tests-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary folder for the tests: errno \(errno)") }
    atexit {
      try? FileManager.default.removeItem(atPath: TestPath.folder)
      try? FileManager.default.removeItem(atPath: TestPath.memoryFolder)
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The folder of the whole source tree.
  public static let repository = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }

  /// Returns an unused path.
  public static func unique() -> String { "\(folder)/\(UInt64.random(in: 0 ... .max))" }

  /// Same, on a file system in memory if there is one, for tests that mostly create and remove files.
  public static func uniqueInMemory() -> String { "\(memoryFolder)/\(UInt64.random(in: 0 ... .max))" }
}
