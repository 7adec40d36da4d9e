import Basics
package import S3
import Synchronization

/// Remembers the properties and digests of a bucket's objects, which listings do not contain, and knows when they may
/// be trusted.
///
/// An entry is trusted if a listing shows its object with the ETag, size and LastModified that it had, and if it was
/// modified *before* the second in which it was observed: a change of metadata within one second leaves the listing as
/// it was, so that what was modified in that second or later is racily clean (git's term) and is fetched again.
package final class KnownObjects: Sendable {
  /// An object's LastModified, as far as it is known.
  package enum Modified: Hashable, Sendable {
    case at(Timestamp)
    /// After our own PUT, whose answer contains a date but no LastModified.
    case notAfter(Timestamp)

    func allows(_ listed: Timestamp) -> Bool {
      switch self {
      case .at(let time): time == listed
      case .notAfter(let time): listed.seconds <= time.seconds
      }
    }
  }

  package struct Entry: Hashable, Sendable {
    package var etag: ETag
    package var size: Int64
    package var modified: Modified
    /// The server's clock when the properties were seen or written.
    package var observed: Timestamp
    package var properties: Properties
    /// Set where the ETag is not the MD5.
    package var md5: MD5Digest?
  }

  private struct State {
    var entries: [ObjectKey: Entry] = [:]
    /// Most objects have the same properties: one copy in memory.
    var properties: Set<Properties> = []
    /// The objects of which something else is known than the file has.
    var changed: Set<ObjectKey> = []
    var loaded: Loaded?
  }

  /// The file as it was read.
  private struct Loaded {
    let version: FileVersion
    /// Number and checksum of its properties.
    let references: [Properties: String]
  }

  private let file: ReplacedFile?
  private let state = Mutex(State())

  package init(_ file: ReplacedFile?) {
    self.file = file
    if let file { load(file.path) }
  }

  package var count: Int { state.withLock { $0.entries.count } }

  /// Returns what is remembered of an object, whether it is current or not.
  func entry(of key: ObjectKey) -> Entry? { state.withLock { $0.entries[key] } }

  /// Returns what is known of the bytes: also for racily clean entries, because other bytes have another ETag.
  package func contents(of key: ObjectKey, etag: ETag, size: Int64) -> Entry? {
    state.withLock { $0.entries[key] }.flatMap { $0.etag == etag && $0.size == size ? $0 : nil }
  }

  /// Returns the entry of a listed object, if its properties can be trusted.
  package func clean(_ key: ObjectKey, etag: ETag, size: Int64, modified: Timestamp) -> Entry? {
    guard let entry = contents(of: key, etag: etag, size: size) else { return nil }
    return entry.modified.allows(modified) && modified.seconds < entry.observed.seconds ? entry : nil
  }

  package func remember(_ key: ObjectKey, _ entry: Entry) {
    state.withLock { state in
      if state.entries[key] == entry { return }
      var entry = entry
      entry.properties = state.properties.insert(entry.properties).memberAfterInsert
      state.entries[key] = entry
      state.changed.insert(key)
    }
  }

  /// Records the MD5 of an object's bytes, if the object is known.
  func note(_ md5: MD5Digest, of key: ObjectKey, etag: ETag) {
    state.withLock { state in
      guard state.entries[key]?.etag == etag, state.entries[key]?.md5 != md5 else { return }
      state.entries[key]?.md5 = md5
      state.changed.insert(key)
    }
  }

  /// Records other tags, which leave ETag and LastModified as they were.
  func setTags(_ tags: [String: String], of key: ObjectKey, etag: ETag) {
    state.withLock { state in
      guard state.entries[key]?.etag == etag else { return }
      state.entries[key]?.properties.tags = tags
      state.changed.insert(key)
    }
  }

  /// Returns how many of the keys were observed in this second or later.
  func count(of keys: [ObjectKey], observedAt time: Timestamp) -> Int {
    state.withLock { state in
      keys.count { state.entries[$0].map { $0.observed.seconds >= time.seconds } ?? false }
    }
  }

  package func forget(_ key: ObjectKey) {
    state.withLock { state in
      if state.entries.removeValue(forKey: key) != nil { state.changed.insert(key) }
    }
  }

  /// Forgets everything that is not in the bucket any more.
  package func keepOnly(_ keys: Set<ObjectKey>) {
    state.withLock { state in
      for key in state.entries.keys where !keys.contains(key) {
        state.entries[key] = nil
        state.changed.insert(key)
      }
    }
  }

  /// Raises the observation time of what this run wrote: until its end no other process wrote.
  package func observed(_ keys: [ObjectKey], at time: Timestamp) {
    state.withLock { state in
      for key in keys where state.entries[key].map({ $0.observed < time }) ?? false {
        state.entries[key]?.observed = time
        state.changed.insert(key)
      }
    }
  }

  // MARK: The file

  // Two kinds of lines: "P", a number from 0 on and properties as JSON, since most objects share theirs; "O" and an
  // object's fields: number and checksum of its properties, ETag, size, modified, observed, MD5, key; "-" where there
  // is none, percent-encoded where needed. A checksum ends each line, and an object's covers that of its properties: no
  // others are mistaken for them, whatever happened to the order of the lines.

  /// The properties of a line, and its checksum.
  private struct Line {
    let properties: Properties
    let checksum: String
  }

  /// About the length of an object's line.
  private static let lineLength = 140

  private func load(_ path: String) {
    let version = FileAccess.status(path).map { FileVersion($0) }
    var properties: [Line] = []
    var entries: [ObjectKey: Entry] = [:]
    entries.reserveCapacity(FileAccess.lineCount(of: path, lineLength: Self.lineLength))
    let isRead = FileAccess.forEachSealedLine(of: path) { line in
      // Objects name the lines of their properties by number: with one line missing, none is trusted.
      guard let line else {
        entries = [:]
        return false
      }
      if line.first == UInt8(ascii: "P") {
        guard let parsed = Self.properties(line, number: properties.count) else {
          entries = [:]
          return false
        }
        properties.append(parsed)
      } else if let (key, entry) = Self.entry(line, properties) {
        entries[key] = entry
      }
      return true
    }
    guard isRead, let version else { return }
    let numbered = properties.enumerated().map { ($1.properties, "\($0) \($1.checksum)") }
    let references = Dictionary(numbered) { first, _ in first }
    state.withLock { state in
      state.entries = entries
      // The number of the next properties is their count.
      if references.count == properties.count { state.loaded = Loaded(version: version, references: references) }
    }
  }

  private static func properties(_ line: LineBytes, number: Int) -> Line? {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count == 3, fields[1].elementsEqual("\(number)".utf8),
      let json = try? JSONValue.parse(Array(fields[2])),
      let properties = Properties(json)
    else { return nil }
    return Line(properties: properties, checksum: LineSeal.checksum(line))
  }

  private static func entry(_ line: LineBytes, _ properties: [Line]) -> (ObjectKey, Entry)? {
    var fields = LineFields(line)
    guard fields.next() != nil, let number: Int = fields.integer(), properties.indices.contains(number),
      fields.next()?.elementsEqual(properties[number].checksum.utf8) == true, let etag = fields.text(),
      let size: Int64 = fields.integer(), let modified = fields.next().flatMap({ Modified(words: $0) }),
      let observed = fields.next().flatMap({ Timestamp(words: $0) }), let md5 = fields.next(), let key = fields.text(),
      fields.isAtEnd
    else { return nil }
    let entry = Entry(
      etag: ETag(PercentEncoding.decode(etag)), size: size, modified: modified, observed: observed,
      properties: properties[number].properties, md5: MD5Digest(hexadecimal: md5))
    return (ObjectKey(PercentEncoding.decode(key)), entry)
  }

  /// Writes the file, if anything has changed: all lines anew, or, of few changed objects, only theirs.
  package func save() {
    let (entries, changed, loaded) = state.withLock { state in
      defer { (state.changed, state.loaded) = ([], nil) }
      return (state.entries, state.changed, state.loaded)
    }
    guard let file, !changed.isEmpty else { return }
    let unchanged = loaded.flatMap { Self.lines(of: file.path, $0, without: changed) }
    let others = unchanged == nil ? entries : entries.filter { changed.contains($0.key) }
    // Only a cache: without it, objects are fetched again.
    try? file.replace { file in
      // Number and checksum of the lines that are written.
      var written = unchanged == nil ? [:] : loaded?.references ?? [:]
      if let unchanged { file.add(unchanged) }
      for (key, entry) in others {
        let reference: String
        if let known = written[entry.properties] {
          reference = known
        } else {
          let line: SealedLine = "P \(written.count) \(entry.properties.json.compact)"
          reference = "\(written.count) \(line.checksum)"
          written[entry.properties] = reference
          file.add(sealed: line)
        }
        file.add(
          sealed: """
            O \(reference) \(encoded: entry.etag.value) \(entry.size) \(entry.modified.words) \
            \(entry.observed.words) \(entry.md5?.description ?? "-") \(encoded: key.string)
            """)
      }
    }
  }

  /// The limit of changed objects whose lines are looked for in the file.
  private static let fewChanges = 64
  /// Properties that no object has any more stay in the file until it has this many.
  private static let mostProperties = 64

  /// Returns the lines of the file that are still right; nil if they must be made anew: another process has replaced
  /// it, or too much has changed.
  private static func lines(of path: String, _ loaded: Loaded, without keys: Set<ObjectKey>) -> [UInt8]? {
    guard keys.count <= fewChanges, loaded.references.count <= mostProperties else { return nil }
    // The key is the last field but the checksum.
    let ends = keys.map { key in
      let end: SealedLine = " \(encoded: key.string) "
      return end.bytes
    }
    var lines: [UInt8] = []
    lines.reserveCapacity(Int(loaded.version.size))
    let isRead = FileAccess.forEachLine(of: path) { line in
      let content = line.dropLast(LineSeal.length - 1)
      if line.first != UInt8(ascii: "O") || !ends.contains(where: { content.suffix($0.count).elementsEqual($0) }) {
        lines += line
        lines.append(UInt8(ascii: "\n"))
      }
      return true
    }
    return isRead && FileAccess.status(path).map { FileVersion($0) } == loaded.version ? lines : nil
  }
}

extension KnownObjects.Modified {
  fileprivate var words: String {
    switch self {
    case .at(let time): time.words
    case .notAfter(let time): "~" + time.words
    }
  }

  fileprivate init?(words: LineBytes) {
    let isBound = words.first == UInt8(ascii: "~")
    guard let time = Timestamp(words: words.dropFirst(isBound ? 1 : 0)) else { return nil }
    self = isBound ? .notAfter(time) : .at(time)
  }
}

extension Timestamp {
  fileprivate var words: String { "\(seconds).\(nanoseconds)" }

  fileprivate init?(words: LineBytes) {
    guard let point = words.firstIndex(of: UInt8(ascii: ".")),
      let seconds: Int64 = LineFields.integer(words[..<point]),
      let nanoseconds: Int32 = LineFields.integer(words[(point + 1)...])
    else { return nil }
    self.init(seconds: seconds, nanoseconds: nanoseconds)
  }
}
