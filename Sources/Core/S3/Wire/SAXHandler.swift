/// Takes a document's elements as the parser meets them.
protocol SAXHandler: AnyObject {
  /// Texts of elements further down are not read: they come empty.
  var deepestText: Int { get }
  /// `depth` is 1 for the root.
  func start(_ name: String, depth: Int)
  /// `text` is what stood between the element's start and its end, or the end of its last child.
  func end(_ name: String, text: String, depth: Int)
}

extension SAXHandler {
  var deepestText: Int { SAXParser.maximumDepth }
}
