import Archive

/// Reads a whole archive without storing anything, and refuses broken ones and archive bombs.
struct UnpackCheck: Sendable {
  let limits: UnpackLimits
  let archiveSize: Int64

  /// Runs the check. Blocks as long as unpacking takes.
  func run(descriptor: Int32, _ format: ArchiveFormat) throws(HTTPError) {
    var (entries, total) = (0, Int64(0))
    do throws(ArchiveError) {
      let reader = try ArchiveReader(descriptor: descriptor, format: format, exactNames: false)
      while try reader.next() != nil {
        entries += 1
        while let bytes = try reader.read() {
          total += Int64(bytes.count)
          if let problem = problem(entries: entries, total: total) { throw ArchiveError(problem) }
        }
        if let problem = problem(entries: entries, total: total) { throw ArchiveError(problem) }
      }
    } catch {
      if let problem = problem(entries: entries, total: total) { throw HTTPError(413, problem) }
      throw HTTPError(
        400, "The body is not an archive of that kind, or it is cut: \(error.message). Nothing was stored.")
    }
  }

  func problem(entries: Int, total: Int64) -> String? {
    if entries > limits.entries {
      return "The archive has more than \(limits.entries) entries; nothing was stored. Unpack it in parts."
    }
    if total > limits.total {
      return "The archive unfolds to more than \(limits.total) bytes; nothing was stored. Unpack it in parts."
    }
    if total > limits.harmless, total / limits.ratio > archiveSize {
      return "The archive unfolds to more than \(limits.ratio) times its size, as a bomb does; nothing was stored."
    }
    return nil
  }
}

/// Limits for the contents of an uploaded archive.
public struct UnpackLimits: Sendable {
  public var entries = 100_000
  /// The largest total size of all entries, in bytes.
  public var total: Int64 = 64 << 30
  /// The largest ratio of contents to archive. Text compresses to a tenth, zeros to a thousandth.
  public var ratio: Int64 = 200
  /// The total size, in bytes, below which the ratio is not checked.
  public var harmless: Int64 = 64 << 20

  public init() {}
}
