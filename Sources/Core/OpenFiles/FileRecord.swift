/// The record of one file in the spool, and whether it is current.
struct FileRecord: Sendable {
  /// The file beside which the record is.
  private(set) var file: SpoolFile?
  /// The generation of the closed state that the record describes; nil if it is stale.
  private(set) var generation: UInt64?
  /// Same, if the record survives a failure of the machine.
  private(set) var durable: UInt64?
  /// Incremented when the name, or the reason of a failure, differs from the record.
  private(set) var revision: UInt64 = 0

  /// Notes that a closed state was recorded beside `file`, as everything was at `revision`. Returns the file whose
  /// older record must be removed.
  mutating func wrote(_ generation: UInt64, at revision: UInt64, beside file: SpoolFile, durably: Bool) -> SpoolFile? {
    let older = self.file === file ? nil : self.file
    self.file = file
    if self.revision == revision {
      self.generation = generation
      if durably { durable = generation }
    }
    return older
  }

  /// Notes that the file has another name, another base, or another reason not to be saved.
  mutating func outdate() { (generation, durable, revision) = (nil, nil, revision + 1) }

  /// Notes that nothing must be saved any more. Returns the file whose record must be removed.
  mutating func take() -> SpoolFile? {
    outdate()
    defer { file = nil }
    return file
  }
}
