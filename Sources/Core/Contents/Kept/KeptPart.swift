/// A stretch of one version of an object that lies, whole and found right, in a file on disk: to be sent from there.
public struct KeptPart: Sendable {
  /// In bytes.
  public let length: Int64
  /// Where in the file it begins.
  public let offset: Int64
  private let file: KeptFile

  init(file: KeptFile, range: Range<Int64>) {
    self.file = file
    length = Int64(range.count)
    offset = file.format.offset(of: 0) + range.lowerBound
  }

  /// A descriptor of the file, which the caller closes. The bytes stay there as long as it is open. Nil if the process has
  /// as many descriptors as it may.
  public func openDescriptor() -> Int32? { file.duplicateDescriptor() }
}
