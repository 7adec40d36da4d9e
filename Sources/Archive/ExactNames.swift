/// Names as an archive spells them. libarchive returns UTF-8 in Unicode's composed form (NFC), and S3's keys differ
/// where their bytes do: `é` in one character and in two are two names.
///
/// A name that is found in the archive itself is used only where it is canonically equivalent to what libarchive has
/// read: it can change the spelling of a name, never the name. `ZipNames` documents what else libarchive changes in a
/// zip.
protocol ExactNames {
  /// Replaces the next entry's name by its spelling in the archive; libarchive has read its header.
  /// - Parameter position: the offset of its header in the decompressed archive, from libarchive.
  mutating func settle(_ entry: inout ArchiveEntry, at position: Int64)
}

/// Possible spellings of an entry's names.
struct Spellings {
  var names: [String] = []
  var targets: [String] = []

  /// Returns the spelling that matches. Swift's equality of strings is canonical equivalence.
  private static func exact(_ read: String, _ spellings: [String]) -> String { spellings.first { $0 == read } ?? read }

  func apply(to entry: inout ArchiveEntry) {
    entry.name = entry.name.map { Self.exact($0, names) }
    switch entry.kind {
    case .symbolicLink(let target): entry.kind = .symbolicLink(target: Self.exact(target, targets))
    case .hardLink(let name): entry.kind = .hardLink(name: Self.exact(name, targets))
    case .file, .directory, .other: break
    }
  }
}
