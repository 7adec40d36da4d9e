/// Names that are different here, which override what S3 returned: new files that are not uploaded yet, directories that
/// are kept even if nothing in S3 implies them, and files that are removed here and not yet in S3. Pure.
struct LocalNames: Sendable {
  enum Name: Sendable { case newFile, directory }

  private var names: [DirectoryLocation: [ByteName: Name]] = [:]
  /// The sequence number of own changes when a directory was kept.
  private var kept: [DirectoryLocation: UInt64] = [:]
  private var emptied: Set<DirectoryLocation> = []
  /// Files that are removed here: S3 still has the objects, whatever else has their names.
  private var removed: [DirectoryLocation: Set<ByteName>] = [:]
  /// Incremented by each change: anything derived from the names before is stale.
  private(set) var revision: UInt64 = 0

  // MARK: Queries

  func name(_ segment: ByteName, of location: DirectoryLocation) -> Name? {
    // A continuation directory continues a name that begins above.
    guard location.continuation > 0, let (above, beginning) = location.parent else { return names[location]?[segment] }
    return names[above]?[ByteName(beginning.string + segment.string)]
  }

  /// Returns whether a directory is kept even if S3 knows nothing of it.
  func keeps(_ location: DirectoryLocation) -> Bool {
    guard let (above, segment) = location.parent else { return true }
    return name(segment, of: above) == .directory
  }

  /// Returns whether a file is removed here, and not yet in S3.
  func isRemoved(_ segment: ByteName, of location: DirectoryLocation) -> Bool {
    !removed.isEmpty && removed[location]?.contains(segment) ?? false
  }

  func hasNewFiles(below location: DirectoryLocation) -> Bool {
    names.contains { location.contains($0.key) && $0.value.values.contains(.newFile) }
  }

  func newFiles(in location: DirectoryLocation) -> [ByteName] {
    (names[location] ?? [:]).compactMap { $0.value == .newFile ? $0.key : nil }
  }

  func directories(in location: DirectoryLocation) -> [ByteName] {
    guard location.continuation > 0, let (above, beginning) = location.parent else {
      return (names[location] ?? [:]).compactMap { $0.value == .directory ? $0.key : nil }
    }
    return directories(in: above).filter { beginning < $0 && $0.hasPrefix(beginning) }
      .map { ByteName($0.dropping(prefix: beginning)) }
  }

  /// Returns whether a continuation directory, from which a name was removed here, is kept even if it is empty.
  func keepsContinuation(_ location: DirectoryLocation) -> Bool { emptied.contains(location) }

  /// Adds a directory's directories to its listing, and removes the files that are removed here. New files are left out:
  /// they have no facts yet.
  func overlay(_ listing: inout DirectoryListing, of location: DirectoryLocation) {
    for segment in removed[location] ?? [] {
      guard var child = listing.children[segment] else { continue }
      child.object = nil
      listing.set(segment, to: child)
    }
    for segment in directories(in: location) {
      var child = listing.children[segment] ?? Child()
      child.isDirectory = true
      listing.set(segment, to: child)
    }
  }

  // MARK: Changing

  /// Hides a file that is removed here, or ends that.
  mutating func setRemoved(_ isRemoved: Bool, _ segment: ByteName, of location: DirectoryLocation) {
    revision += 1
    if isRemoved { removed[location, default: []].insert(segment) } else { removed[location]?.remove(segment) }
    if removed[location]?.isEmpty == true { removed[location] = nil }
  }

  mutating func emptied(_ continuation: DirectoryLocation) { emptied.insert(continuation) }

  mutating func set(_ name: Name?, _ segment: ByteName, of location: DirectoryLocation) {
    revision += 1
    names[location, default: [:]][segment] = name
    if names[location]?.isEmpty == true { names[location] = nil }
  }

  /// Keeps a directory, and those above it.
  /// - Parameter sequence: of own changes, up to now.
  mutating func keep(_ location: DirectoryLocation, since sequence: UInt64) {
    var location = location
    while let (parent, segment) = location.parent {
      let isKept = name(segment, of: parent) != nil
      kept[location] = sequence
      if isKept { return }
      set(.directory, segment, of: parent)
      location = parent
    }
  }

  /// Notes that S3 has keys below a directory: it and those above it exist in S3, and disappear with these keys, unless
  /// something in them is only here.
  /// - Parameter sequence: S3 need not show changes made here later.
  mutating func release(_ location: DirectoryLocation, asOf sequence: UInt64) {
    guard !names.isEmpty else { return }
    var location = location
    while let (parent, segment) = location.parent {
      if names[location] == nil, name(segment, of: parent) == .directory, kept[location] ?? 0 <= sequence {
        set(nil, segment, of: parent)
        kept[location] = nil
      }
      location = parent
    }
  }

  /// Moves names at or below a directory along with it.
  mutating func move(_ source: DirectoryLocation, to destination: DirectoryLocation) {
    revision += 1
    for (location, moving) in names {
      guard case .directory(let moved)? = Place.directory(location).moved(from: source, to: destination) else {
        continue
      }
      names[location] = nil
      names[moved, default: [:]].merge(moving) { _, new in new }
    }
  }

  mutating func forget(below location: DirectoryLocation) {
    revision += 1
    for key in names.keys where location.contains(key) { names[key] = nil }
    emptied = emptied.filter { !location.contains($0) }
  }
}
