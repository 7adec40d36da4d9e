import CExpat

/// Why a document could not be read.
package struct XMLFailure: Error, Hashable, Sendable {
  package let message: String
}

/// Parses XML with expat, within limits that no answer of S3 comes near: an answer must not be able to exhaust our
/// memory. Document types, and with them entity definitions, are rejected.
final class SAXParser {
  static let maximumDepth = 16
  static let maximumText = 1 << 20

  private let handler: any SAXHandler
  private let parser: XML_Parser
  /// Whether texts hold replaced control characters.
  private let isDisguised: Bool
  private let deepestText: Int
  // Unchecked: expat calls back on one thread, one call after another, and a listing has thousands of elements. Checking
  // at run time that accesses do not overlap took a third of the time.
  @exclusivity(unchecked) private var text: [UInt8] = []
  /// The elements that are open, outermost first.
  @exclusivity(unchecked) private var open: [String] = []
  @exclusivity(unchecked) private var failure: XMLFailure?

  private init(handler: any SAXHandler, parser: XML_Parser, isDisguised: Bool) {
    self.handler = handler
    self.parser = parser
    self.isDisguised = isDisguised
    deepestText = handler.deepestText
  }

  deinit { XML_ParserFree(parser) }

  /// Parses a whole document into a new handler.
  ///
  /// White space before it is skipped: S3 sends some to keep a connection alive. A document that is ill-formed because
  /// it repeats a key's control characters is parsed all the same, see `ForbiddenCharacters`.
  static func parse<Handler: SAXHandler>(
    _ document: [UInt8], into makeHandler: () -> Handler
  ) throws(XMLFailure) -> Handler {
    let document = ForbiddenCharacters.keepingReturns(in: document)
    do {
      return try parse(document, isDisguised: false, into: makeHandler())
    } catch {
      guard let disguised = ForbiddenCharacters.disguised(in: document) else { throw error }
      return try parse(disguised, isDisguised: true, into: makeHandler())
    }
  }

  private static func parse<Handler: SAXHandler>(
    _ document: [UInt8], isDisguised: Bool, into handler: Handler
  ) throws(XMLFailure) -> Handler {
    guard let parser = XML_ParserCreate("UTF-8") else { throw XMLFailure(message: "expat has no memory") }
    let session = SAXParser(handler: handler, parser: parser, isDisguised: isDisguised)
    session.installCallbacks()
    let start = document.firstIndex { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } ?? document.endIndex
    let status = document.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      return XML_Parse(parser, rest.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: rest.count), 1)
    }
    if let failure = session.failure { throw failure }
    guard status == XML_STATUS_OK else {
      let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not XML"
      throw XMLFailure(message: "\(reason) at line \(XML_GetCurrentLineNumber(parser))")
    }
    return handler
  }

  private func installCallbacks() {
    // Unretained: `parse` retains the session for as long as the parser can call back.
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser,
      { context, name, _ in SAXParser.session(context)?.elementStarted(name) },
      { context, _ in SAXParser.session(context)?.elementEnded() })
    XML_SetCharacterDataHandler(parser) { context, bytes, count in
      SAXParser.session(context)?.characters(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    }
    XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
      SAXParser.session(context)?.stop("a document type is not allowed")
    }
  }

  private static func session(_ context: UnsafeMutableRawPointer?) -> SAXParser? {
    context.map { Unmanaged<SAXParser>.fromOpaque($0).takeUnretainedValue() }
  }

  private func elementStarted(_ name: UnsafePointer<CChar>?) {
    guard let name, failure == nil else { return }
    guard open.count < Self.maximumDepth else { return stop("elements are nested deeper than \(Self.maximumDepth)") }
    text.removeAll(keepingCapacity: true)
    let element = String(cString: name)
    open.append(element)
    handler.start(element, depth: open.count)
  }

  private func elementEnded() {
    guard failure == nil, let element = open.last else { return }
    if isDisguised { text = ForbiddenCharacters.restored(in: text) }
    handler.end(element, text: text, depth: open.count)
    text.removeAll(keepingCapacity: true)
    open.removeLast()
  }

  private func characters(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, open.count <= deepestText else { return }
    guard text.count + bytes.count <= Self.maximumText else {
      return stop("a text is longer than \(Self.maximumText) bytes")
    }
    text.append(contentsOf: bytes)
  }

  private func stop(_ reason: String) {
    failure = XMLFailure(message: reason)
    XML_StopParser(parser, 0)
  }
}

/// Receives a document's elements as the parser finds them.
protocol SAXHandler: AnyObject {
  /// The deepest level whose texts are read; elements further down have empty texts.
  var deepestText: Int { get }
  /// Called at an element's start. `depth` is 1 for the root.
  func start(_ name: String, depth: Int)
  /// Called at an element's end. `text` is the text between the element's start and its end, or the end of its last
  /// child: its bytes in UTF-8, because a listing has thousands that nobody needs as a string.
  func end(_ name: String, text: [UInt8], depth: Int)
}

extension SAXHandler {
  var deepestText: Int { SAXParser.maximumDepth }
}
