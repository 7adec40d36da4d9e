import Foundation

/// Paths for one test's files, below a folder that goes when the process of the tests ends.
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

  /// A path at which nothing stands yet.
  public static func unique() -> String { "\(folder)/\(UInt64.random(in: 0 ... .max))" }

  /// The same in memory where there is such a place, for tests that are mostly files made and removed.
  public static func uniqueInMemory() -> String { "\(memoryFolder)/\(UInt64.random(in: 0 ... .max))" }
}
