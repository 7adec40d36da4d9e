/// Parses a multipart body while it arrives (RFC 2046 section 5.1), in constant memory. Pure.
struct MultipartParser {
  enum Event: Equatable, Sendable {
    case partBegins(MultipartHeader)
    case data([UInt8])
    case partEnds
  }

  private enum State { case preamble, afterBoundary, header, body, epilogue }

  /// Limits the headers of a part, in bytes.
  private static let headerLimit = 16 << 10

  /// The delimiter between parts: CR LF "--" boundary.
  private let delimiter: [UInt8]
  private var state = State.preamble
  private var parts = 0
  private var events: [Event] = []
  private var buffer: [UInt8]

  init(boundary: String) {
    delimiter = Array("\r\n--\(boundary)".utf8)
    // The first boundary may be at the very beginning, as if a line break preceded it.
    buffer = [0x0D, 0x0A]
  }

  /// Takes the next bytes; `next` returns what they complete.
  mutating func feed(_ bytes: [UInt8]) { buffer += bytes }

  /// Returns the next event of the bytes fed so far; `nil` if more are needed. Events that precede an error are
  /// returned before it is thrown.
  mutating func next() throws(HTTPError) -> Event? {
    while events.isEmpty {
      guard try step() else { break }
    }
    return events.isEmpty ? nil : events.removeFirst()
  }

  /// Ends the body. Throws if its last boundary is missing.
  func finish() throws(HTTPError) {
    if state != .epilogue {
      throw HTTPError(400, "The form's last boundary is missing: the upload was cut, and its last file is not stored.")
    }
  }

  /// Advances by one step. Returns whether the buffer may allow another one.
  private mutating func step() throws(HTTPError) -> Bool {
    switch state {
    case .preamble: return skipPreamble()
    case .afterBoundary: return try endBoundaryLine()
    case .header: return try takeHeader()
    case .body: return takeBody()
    case .epilogue:
      buffer = []
      return false
    }
  }

  private mutating func skipPreamble() -> Bool {
    guard let found = find(delimiter) else {
      buffer.removeFirst(max(0, buffer.count - delimiter.count + 1))
      return false
    }
    buffer.removeFirst(found + delimiter.count)
    state = .afterBoundary
    return true
  }

  /// Parses the rest of a boundary line: "--" ends the body; blanks and a line break begin a part.
  private mutating func endBoundaryLine() throws(HTTPError) -> Bool {
    guard buffer.count >= 2 else { return false }
    if buffer[0] == UInt8(ascii: "-"), buffer[1] == UInt8(ascii: "-") {
      state = .epilogue
      return true
    }
    guard let end = find([0x0D, 0x0A]) else {
      if buffer.count > Self.headerLimit { throw Self.malformed }
      return false
    }
    guard buffer[..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { throw Self.malformed }
    // The line break stays, so that a part without headers also ends in an empty line.
    buffer.removeFirst(end)
    state = .header
    return true
  }

  private mutating func takeHeader() throws(HTTPError) -> Bool {
    guard let end = find([0x0D, 0x0A, 0x0D, 0x0A]) else {
      if buffer.count > Self.headerLimit { throw Self.malformed }
      return false
    }
    let lines = buffer[..<end].split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
    parts += 1
    events.append(.partBegins(try MultipartHeader(lines: lines, ofPart: parts)))
    // Its last line break may be the one before the next boundary, when the part is empty.
    buffer.removeFirst(end + 2)
    state = .body
    skipsBreak = true
    return true
  }

  /// The body begins after a line break that is still in the buffer.
  private var skipsBreak = false

  private mutating func takeBody() -> Bool {
    let found = find(delimiter)
    // Keep what could be the beginning of a delimiter until more bytes arrive.
    let safe = found ?? max(0, buffer.count - delimiter.count + 1)
    let skip = skipsBreak ? 2 : 0
    if found == nil, safe <= skip { return false }
    if safe > skip { events.append(.data(Array(buffer[skip..<safe]))) }
    skipsBreak = false
    guard found != nil else {
      buffer.removeFirst(safe)
      return false
    }
    events.append(.partEnds)
    buffer.removeFirst(safe + delimiter.count)
    state = .afterBoundary
    return true
  }

  private static var malformed: HTTPError { HTTPError(400, "The form's multipart/form-data is malformed.") }

  /// Returns the first position of a byte sequence in the buffer.
  private func find(_ wanted: [UInt8]) -> Int? {
    buffer.withUnsafeBufferPointer { buffer in
      var index = 0
      let last = buffer.count - wanted.count
      while index <= last {
        if buffer[index] == wanted[0], wanted.indices.allSatisfy({ buffer[index + $0] == wanted[$0] }) { return index }
        index += 1
      }
      return nil
    }
  }
}
