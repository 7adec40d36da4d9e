import Foundation

/// Paths for one test's files, below a folder that goes when the process of the tests ends.
public enum TestPath {
  private static let folder: String = {
    var template = Array((FileManager.default.temporaryDirectory.path + "/localstackmount-tests-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary folder for the tests: errno \(errno)") }
    atexit { try? FileManager.default.removeItem(atPath: TestPath.folder) }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()

  /// A path at which nothing stands yet.
  public static func unique() -> String { "\(folder)/\(UInt64.random(in: 0 ... .max))" }
}
