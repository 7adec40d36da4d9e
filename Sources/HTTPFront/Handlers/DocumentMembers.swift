import FoundationEssentials

/// The body of a request as one JSON object. Its members are known by name, so that unknown ones are refused rather than
/// ignored.
protocol Document: Decodable {
  var members: [String] { get }
}

/// The name of any member.
struct MemberName: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Document {
  /// Decodes the body. Throws 400 with `what` if it is something else, and with `other` of a member that is not in `known`.
  init(
    json bytes: [UInt8], known: Set<String>, orElse what: String, other: (String) -> String
  ) throws(HTTPError) {
    // A JSON decoder may repair what is not UTF-8: the value would differ from the one sent.
    guard String(validating: bytes, as: UTF8.self) != nil else { throw HTTPError(400, "The body is not UTF-8.") }
    do { self = try JSONDecoder().decode(Self.self, from: Data(bytes)) } catch { throw HTTPError(400, what) }
    if let unknown = members.first(where: { !known.contains($0) }) { throw HTTPError(400, other(unknown)) }
  }
}
