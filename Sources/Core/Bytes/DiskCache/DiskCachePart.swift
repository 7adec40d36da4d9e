/// A range of one version of an object that is on disk in one file, complete and verified: to be sent from there.
public struct DiskCachePart: Sendable {
  /// In bytes.
  public let length: Int64
  /// The offset in the file.
  public let offset: Int64
  private let file: DiskCacheFile

  init(file: DiskCacheFile, range: Range<Int64>) {
    self.file = file
    length = Int64(range.count)
    offset = file.format.offset(of: 0) + range.lowerBound
  }

  /// Returns a descriptor of the file, which the caller closes. The bytes stay there as long as it is open. Returns nil
  /// if the process has reached its limit of descriptors.
  public func openDescriptor() -> Int32? { file.duplicateDescriptor() }
}
