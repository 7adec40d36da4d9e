import Basics

/// The body of a request in JSON.
enum JSONBody {
  /// Parses a body. Throws 400 where it is ambiguous: invalid UTF-8, and two members of one name. Throws 400 with `what` if
  /// it is something else than JSON.
  static func parse(_ bytes: [UInt8], orElse what: String) throws(HTTPError) -> JSONValue {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw HTTPError(400, "The body is not UTF-8.") }
    let value: JSONValue
    do throws(JSONFailure) { value = try JSONValue.parse(bytes) } catch {
      throw HTTPError(400, "\(what) Line \(error.line), column \(error.column): \(error.reason).")
    }
    if let name = value.repeatedName { throw HTTPError(400, "The body has two members \"\(name)\".") }
    return value
  }
}

/// The body of a request as one JSON object. Its members are known by name, so that unknown ones are refused rather than
/// ignored.
struct JSONDocument {
  private let value: JSONValue
  /// The message of the error for a body that is something else.
  private let what: String

  init(_ bytes: [UInt8], orElse what: String) throws(HTTPError) {
    value = try JSONBody.parse(bytes, orElse: what)
    self.what = what
    if value.members == nil { throw HTTPError(400, what) }
  }

  /// Returns a member's string; `nil` if it is absent or null. Throws 400 if it is something else.
  func string(_ name: String) throws(HTTPError) -> String? {
    guard let member = member(name) else { return nil }
    guard let text = member.string else { throw HTTPError(400, what) }
    return text
  }

  /// Returns a member's object of strings, in which null is `nil`; `nil` if it is absent or null. Throws 400 if it is
  /// something else.
  func strings(_ name: String) throws(HTTPError) -> [String: String?]? {
    guard let member = member(name) else { return nil }
    guard let members = member.members else { throw HTTPError(400, what) }
    var values: [String: String?] = [:]
    for member in members {
      guard member.value == .null || member.value.string != nil else { throw HTTPError(400, what) }
      values.updateValue(member.value.string, forKey: member.name)
    }
    return values
  }

  private func member(_ name: String) -> JSONValue? {
    let member = value[name]
    return member == .null ? nil : member
  }

  /// Throws 400 with `message` for a member that is not in `known`.
  func refuse(otherThan known: Set<String>, _ message: (String) -> String) throws(HTTPError) {
    let unknown = value.members?.first { !known.contains($0.name) }
    if let unknown { throw HTTPError(400, message(unknown.name)) }
  }
}
