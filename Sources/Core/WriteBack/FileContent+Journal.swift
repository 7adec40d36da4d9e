import S3
import Synchronization

extension FileContent {
  /// Contents that another process left unsaved.
  convenience init(
    recovering record: UnsavedRecord, as reference: ObjectReference, bytes file: SpoolFile, base: Base?,
    copied: CopiedRanges, spool: SpoolDirectory
  ) {
    let time = Timestamp(seconds: record.time)
    self.init(
      reference: reference, base: base, properties: record.headers, lastModified: time, spool: spool)
    with { state in
      state.size = record.size
      state.local = LocalBytes(recovering: file, ranges: record.heldRanges, in: spool)
      state.changed = record.changedRanges
      state.copied = copied
      state.bytesChanged = record.bytesChanged || base == nil
      state.headersChanged = true
      state.keepsTimes = true
    }
  }

  /// Writes the unsaved state down beside its bytes, so that it outlives the process; with `durably` also the machine.
  /// Blocks: on the spool's thread when durable. Throws noSpace, ioFailure.
  func journal(at time: Timestamp, durably: Bool) throws(FileSystemError) {
    // A retry that fails and the end of the run may both come here: the newest state is to be written last.
    try journaling.withLock { (_) throws(FileSystemError) in try journalAlone(at: time, durably: durably) }
  }

  private func journalAlone(at time: Timestamp, durably: Bool) throws(FileSystemError) {
    let noted = try with { (state) throws(FileSystemError) -> (SpoolFile, UnsavedRecord)? in
      guard state.isDirty else { return nil }
      try state.local.spill()
      guard let file = state.local.spool else { return nil }
      state.journaled = state.generation
      return (file, UnsavedRecord(state, time: time))
    }
    guard let (file, record) = noted, let bytes = record.encoded else { return }
    try file.record(bytes, durably: durably)
    // Unlinked or saved in the meantime: nothing is to be recovered.
    if with({ !$0.isDirty }) { file.removeRecord() }
  }
}
