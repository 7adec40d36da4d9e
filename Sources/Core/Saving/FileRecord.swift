/// What of one file is written down in the spool, and whether it still says how the file is.
struct FileRecord: Sendable {
  /// The record is beside this file.
  private(set) var file: SpoolFile?
  /// Of the closed state that the record describes; nil if it is out of date.
  private(set) var generation: UInt64?
  /// The same, if it survives a failure of the machine.
  private(set) var durable: UInt64?
  /// Grows when the name, or the reason of a failure, is another one than the record says.
  private(set) var revision: UInt64 = 0

  /// A closed state was written down beside `file`, as all was at `revision`. Returns the file whose older record is to be
  /// removed.
  mutating func wrote(_ generation: UInt64, at revision: UInt64, beside file: SpoolFile, durably: Bool) -> SpoolFile? {
    let older = self.file === file ? nil : self.file
    self.file = file
    if self.revision == revision {
      self.generation = generation
      if durably { durable = generation }
    }
    return older
  }

  /// The file has another name, another base, or another reason not to be saved.
  mutating func outdate() { (generation, durable, revision) = (nil, nil, revision + 1) }

  /// Nothing is to be saved any more. Returns the file whose record is to be removed.
  mutating func take() -> SpoolFile? {
    outdate()
    defer { file = nil }
    return file
  }
}
