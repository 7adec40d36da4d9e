import Core
import FoundationEssentials

extension DetailChanges {
  /// The body of `POST ?meta`: three optional objects of strings, each in the place of all there was.
  private struct Document: Decodable {
    var headers: [String: String?]?
    var metadata: [String: String]?
    var tags: [String: String]?
  }

  init(json bytes: [UInt8]) throws(Refusal) {
    let document: Document
    do { document = try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
      throw Refusal(
        400, #"The body is not {"headers": {…}, "metadata": {…}, "tags": {…}} in JSON, each optional, all strings."#)
    }
    self.init(
      headers: try document.headers.map { (given) throws(Refusal) in try Self.properties(given) },
      metadata: document.metadata,
      tags: document.tags?.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) })
    if let bad = metadata?.keys.first(where: { $0.isEmpty || !$0.utf8.allSatisfy(Headers.isToken) }) {
      throw Refusal(400, "\"\(bad)\" cannot be the name of a metadata header.")
    }
  }

  /// Null and "" take a header away.
  private static func properties(_ given: [String: String?]) throws(Refusal) -> ObjectProperties {
    var properties = ObjectProperties()
    for (name, value) in given {
      let value = value.flatMap { $0.isEmpty ? nil : $0 }
      if let value, value.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) {
        throw Refusal(400, "The header \(name) may hold printable ASCII only.")
      }
      guard let field = ObjectProperties.storedHeaders.first(where: { $0.name == name.lowercasedASCII }) else {
        let known = ObjectProperties.storedHeaders.map(\.name).joined(separator: ", ")
        throw Refusal(400, "S3 stores no header \(name) with an object; it stores \(known).")
      }
      properties[keyPath: field.value] = value
    }
    return properties
  }
}

extension ObjectProperties {
  /// The headers that S3 stores with an object, by the names they have in JSON.
  static var storedHeaders: [(name: String, value: WritableKeyPath<ObjectProperties, String?>)] {
    [
      ("content-type", \.contentType), ("content-encoding", \.contentEncoding),
      ("content-disposition", \.contentDisposition), ("content-language", \.contentLanguage),
      ("cache-control", \.cacheControl), ("expires", \.expires),
    ]
  }
}
