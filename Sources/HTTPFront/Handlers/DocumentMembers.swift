import Basics
import FoundationEssentials

/// The body of a request as one JSON object. Its members are known by name, so that unknown ones are refused rather
/// than ignored.
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
  /// Decodes the body. Throws 400 with `what` if it is something else, and with `other` for a member that is not in
  /// `known`.
  init(
    json bytes: [UInt8], known: Set<String>, orElse what: String, other: (String) -> String
  ) throws(HTTPError) {
    self = try JSONBody.decode(Self.self, bytes, orElse: what)
    if let unknown = members.first(where: { !known.contains($0) }) { throw HTTPError(400, other(unknown)) }
  }
}

/// Bodies of requests in JSON.
enum JSONBody {
  /// Decodes a body. Throws 400 where it is ambiguous: a decoder would repair invalid UTF-8, and use one of two members
  /// of a name. Throws 400 with `what` if it is something else.
  static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], orElse what: String
  ) throws(HTTPError) -> Value {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw HTTPError(400, "The body is not UTF-8.") }
    let document: JSONValue
    do throws(JSONFailure) { document = try JSONValue.parse(bytes) } catch {
      throw HTTPError(400, "\(what) Line \(error.line), column \(error.column): \(error.reason).")
    }
    if let name = document.repeatedName { throw HTTPError(400, "The body has two members \"\(name)\".") }
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch { throw HTTPError(400, what) }
  }
}
