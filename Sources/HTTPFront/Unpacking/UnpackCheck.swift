import Archive

/// Reads a whole archive, stores nothing, and refuses what is broken or a bomb.
struct UnpackCheck: Sendable {
  let limits: UnpackLimits
  let archiveSize: Int64

  /// Blocks as long as unpacking takes.
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

/// What an uploaded archive may unfold to.
public struct UnpackLimits: Sendable {
  public var entries = 100_000
  /// In bytes, over all entries.
  public var total: Int64 = 64 << 30
  /// How many times larger than the archive the contents may be. Text packs to a tenth, zeros to a thousandth.
  public var ratio: Int64 = 200
  /// Below this total the ratio does not matter.
  public var harmless: Int64 = 64 << 20

  public init() {}
}
