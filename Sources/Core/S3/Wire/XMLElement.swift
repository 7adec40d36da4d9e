/// A small document as a tree: for every answer but the long listings, which have decoders of their own.
struct XMLElement: Hashable, Sendable {
  var name: String
  var text = ""
  var children: [XMLElement] = []

  /// The text of the first child of that name.
  subscript(name: String) -> String? { children.first { $0.name == name }?.text }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  static func parse(_ document: [UInt8]) throws(XMLFailure) -> XMLElement {
    guard let root = try SAXParser.parse(document, into: { XMLTreeBuilder() }).root else {
      throw XMLFailure(message: "the document is empty")
    }
    return root
  }

  /// Parses a document whose root must have this name. No SDK checks it, and some servers have another: that is
  /// accepted, too, where the root has the child that the answer is about.
  static func parse(_ document: [UInt8], root name: String, or child: String? = nil) throws(XMLFailure) -> XMLElement {
    let root = try parse(document)
    let isMeant = root.name != "Error" && child.map { root[$0] != nil } ?? false
    guard root.name == name || isMeant else { throw XMLFailure(message: "<\(name)> expected, not <\(root.name)>") }
    return root
  }
}

private final class XMLTreeBuilder: SAXHandler {
  private(set) var root: XMLElement?
  private var open: [XMLElement] = []

  func start(_ name: String, depth: Int) { open.append(XMLElement(name: name)) }

  func end(_ name: String, text: [UInt8], depth: Int) {
    guard var element = open.popLast() else { return }
    if element.children.isEmpty { element.text = String(decoding: text, as: UTF8.self) }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }
}
