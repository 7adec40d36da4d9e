import Core

/// Markup that is escaped by construction: a literal in the source is markup, every string that is
/// interpolated is text and is escaped, for elements and for quoted attributes alike.
///
///     let cell: HTML = "<td title=\"\(name)\">\(name)</td>"
struct HTML: Sendable, ExpressibleByStringInterpolation {
  private(set) var bytes: [UInt8]

  init() { bytes = [] }
  init(stringLiteral value: String) { bytes = Array(value.utf8) }
  init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

  static func += (left: inout HTML, right: HTML) { left.bytes += right.bytes }
  static func + (left: HTML, right: HTML) -> HTML {
    var both = left
    both += right
    return both
  }

  /// Appends markup from the source. Same as an interpolation with `add(text:)`, but without a piece of its own: for
  /// tables of many thousand rows.
  mutating func add(_ markup: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: markup.utf8Start, count: markup.utf8CodeUnitCount))
  }

  /// Appends text, escaped.
  mutating func add(text: String) { Self.escape(text, into: &bytes) }

  /// Wraps markup from the project's own files.
  init(trusted bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var bytes: [UInt8] = []

    init(literalCapacity: Int, interpolationCount: Int) {
      bytes.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    mutating func appendLiteral(_ literal: String) { bytes.append(contentsOf: literal.utf8) }
    mutating func appendInterpolation(_ markup: HTML) { bytes += markup.bytes }
    mutating func appendInterpolation(_ number: Int) { bytes.append(contentsOf: String(number).utf8) }

    mutating func appendInterpolation(_ text: String) { HTML.escape(text, into: &bytes) }
  }

  private static func escape(_ text: String, into bytes: inout [UInt8]) {
    guard text.utf8.contains(where: isSpecial) else { return bytes.append(contentsOf: text.utf8) }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
      case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
      // Control characters are not HTML text; shown as U+FFFD. A newline in a name stays, as the page keeps it.
      case 0..<0x09, 0x0B..<0x20, 0x7F: bytes.append(contentsOf: "\u{FFFD}".utf8)
      default: bytes.append(byte)
      }
    }
  }

  /// Returns whether `escape` changes it.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
    case 0..<0x09, 0x0B..<0x20, 0x7F: true
    default: false
    }
  }
}

extension HTML {
  /// Returns the path above a page: links to a place and to everything that contains it.
  /// - Parameter query: appended to each link.
  static func crumbs(to place: ObjectPath, _ language: PageLanguage = .english, query: String = "") -> HTML {
    let label = language("Path", "パス")
    var list: HTML = "<header class=\"top\"><nav aria-label=\"\(label)\"><ol class=\"crumbs\">"
    var chain: [ObjectPath] = []
    var step = place
    while !step.isRoot {
      chain.append(step)
      step = step.parent
    }
    list += "<li><a href=\"\(ObjectPath.root.urlPath)\(query)\">\(language("Buckets", "バケット"))</a></li>"
    for (index, step) in chain.reversed().enumerated() {
      let mark: HTML = index == chain.count - 1 ? " aria-current=\"page\"" : ""
      list += "<li><a href=\"\(step.urlPath)\(query)\"\(mark)>\(step.name)</a></li>"
    }
    list += "</ol></nav></header>"
    return list
  }
}
