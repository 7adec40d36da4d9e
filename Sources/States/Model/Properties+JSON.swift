import Basics
import S3

/// The reason why JSON cannot be the headers, metadata or tags of an object.
struct PropertiesFailure: Error {
  let reason: String
}

extension Properties {
  var json: JSONValue {
    .object(["headers": .strings(headers), "metadata": .strings(metadata), "tags": .strings(tags)])
  }

  /// Parses the output of `json`; `nil` if it is something else, or has a name twice.
  init?(_ json: JSONValue) {
    func strings(_ name: String) -> [String: String]? {
      json[name].flatMap { try? Self.strings(of: JSONValue.Member(name, $0)) }
    }
    guard let headers = strings("headers"), let metadata = strings("metadata"), let tags = strings("tags") else {
      return nil
    }
    self.init(headers: headers, metadata: metadata, tags: tags)
  }

  /// Parses one of the members `headers`, `metadata` and `tags`. Names are in it once, and except for tags they are
  /// those of headers: in lower case.
  static func strings(of member: JSONValue.Member) throws(PropertiesFailure) -> [String: String] {
    guard let members = member.value.members else {
      throw PropertiesFailure(reason: "\"\(member.name)\" must be an object of strings")
    }
    var strings: [String: String] = [:]
    for entry in members {
      guard let text = entry.value.string else {
        throw PropertiesFailure(reason: "\"\(member.name)\": the value of \"\(entry.name)\" must be a string")
      }
      let name = member.name == "tags" ? entry.name : entry.name.lowercased()
      guard strings.updateValue(text, forKey: name) == nil else {
        throw PropertiesFailure(reason: "\"\(member.name)\" holds \"\(name)\" twice")
      }
    }
    return strings
  }
}
