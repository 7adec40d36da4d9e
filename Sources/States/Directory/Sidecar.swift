import Basics
import Keys
import S3

/// The contents of `NAME@s3`, in the format of `?meta`: `{"headers": {…}, "metadata": {…}, "tags": {…}}`, each
/// optional.
struct Sidecar: Hashable, Sendable {
  var headers: [String: String]?
  var metadata: [String: String]?
  var tags: [String: String]?

  /// Parses a document. `place` names the file, and the position in it, for errors.
  init(_ json: JSONValue, place: String) throws(StateFailure) {
    guard let members = json.members else { throw Self.problem(place, "an object is expected, such as {\"tags\": {}}") }
    try Self.requireOnce(members, place)
    for member in members {
      switch member.name {
      case "headers": headers = try Self.strings(member, place)
      case "metadata": metadata = try Self.strings(member, place)
      case "tags": tags = try Self.strings(member, place)
      // Other members that `?meta` returns, which no sidecar can set.
      case "path", "type", "url", "s3", "size", "etag", "modified", "lastModified", "versionId", "contentType",
        "storageClass", "match":
        continue
      default:
        throw Self.problem(place, "there is no member \"\(member.name)\"; there are headers, metadata and tags")
      }
    }
    if let problem = Properties(headers: headers ?? [:], metadata: metadata ?? [:], tags: tags ?? [:]).problem {
      throw Self.problem(place, problem)
    }
  }

  /// Requires unique member names: one of two would be ignored.
  fileprivate static func requireOnce(_ members: [JSONValue.Member], _ place: String) throws(StateFailure) {
    if let name = JSONValue.object(members).repeatedName {
      throw problem(place, "there are two members \"\(name)\"")
    }
  }

  init(headers: [String: String]? = nil, metadata: [String: String]? = nil, tags: [String: String]? = nil) {
    self.headers = headers
    self.metadata = metadata
    self.tags = tags
  }

  private static func strings(_ member: JSONValue.Member, _ place: String) throws(StateFailure) -> [String: String] {
    if member.value == .null { return [:] }
    do throws(PropertiesFailure) { return try Properties.strings(of: member) } catch {
      throw problem(place, error.reason)
    }
  }

  static func problem(_ place: String, _ text: String) -> StateFailure { StateFailure(.trouble, "\(place): \(text)") }

  /// Returns the pattern of a `match`, here and in rules.
  static func pattern(_ match: String, _ place: String) throws(StateFailure) -> Glob {
    if let problem = Glob.problem(of: match) { throw Self.problem(place, problem) }
    if match.isEmpty { throw problem(place, "\"match\" is empty: it matches nothing") }
    return Glob(match)
  }

  /// Reads JSON; the error names file, line and column.
  static func document(_ path: String) throws(StateFailure) -> JSONValue {
    guard let bytes = FileAccess.read(path) else { throw .disk("read", path) }
    do throws(JSONFailure) { return try JSONValue.parse(bytes) } catch {
      throw StateFailure(.trouble, "\(path):\(error.line):\(error.column): not JSON: \(error.reason)")
    }
  }

  /// Returns only the members that exist.
  var json: JSONValue {
    .object(
      [("headers", headers), ("metadata", metadata), ("tags", tags)].compactMap { name, values in
        values.map { JSONValue.Member(name, .strings($0)) }
      })
  }
}

/// The contents of `@s3` in a bucket's folder.
///
///     {"versioning": true,
///      "defaults": [{"match": "*.json", "headers": {"content-type": "application/json"}}],
///      "objects": {"a key whose name is too long for a sidecar": {"tags": {"stage": "raw"}}}}
struct BucketSidecar: Sendable {
  var versioning: Bool?
  /// All that match apply, later ones override earlier ones.
  var defaults: [(match: Glob, sidecar: Sidecar)] = []
  var objects: [ObjectKey: Sidecar] = [:]

  init() {}

  init(_ json: JSONValue, place: String) throws(StateFailure) {
    guard let members = json.members else { throw Sidecar.problem(place, "an object is expected, such as {}") }
    try Sidecar.requireOnce(members, place)
    for member in members {
      switch member.name {
      case "versioning":
        guard let value = member.value.bool else {
          throw Sidecar.problem(place, "\"versioning\" must be true or false")
        }
        versioning = value
      case "defaults":
        guard let rules = member.value.array else { throw Sidecar.problem(place, "\"defaults\" must be an array") }
        for rule in rules {
          guard let match = rule["match"]?.string else {
            throw Sidecar.problem(place, "each of \"defaults\" needs a \"match\", a pattern of keys")
          }
          defaults.append(
            (try Sidecar.pattern(match, place), try Sidecar(rule, place: "\(place): defaults for \(match)")))
        }
      case "objects":
        guard let entries = member.value.members else {
          throw Sidecar.problem(place, "\"objects\" must be an object of sidecars by key")
        }
        try Sidecar.requireOnce(entries, "\(place): objects")
        for entry in entries {
          objects[ObjectKey(entry.name)] = try Sidecar(entry.value, place: "\(place): \(entry.name)")
        }
      default:
        throw Sidecar.problem(
          place, "there is no member \"\(member.name)\"; there are versioning, defaults and objects")
      }
    }
  }

  /// Returns the bucket's defaults for a key. A pattern without "/" matches names, in any folder.
  func stated(for key: ObjectKey) -> Sidecar {
    var stated = Sidecar()
    for (match, sidecar) in defaults {
      let name = key.string.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
      guard match.matches(match.text.utf8.contains(UInt8(ascii: "/")) ? key.string : name) else { continue }
      stated.headers = stated.headers.merging(sidecar.headers)
      stated.metadata = stated.metadata.merging(sidecar.metadata)
      stated.tags = stated.tags.merging(sidecar.tags)
    }
    return stated
  }
}

extension [String: String]? {
  fileprivate func merging(_ other: [String: String]?) -> [String: String]? {
    guard let other else { return self }
    return (self ?? [:]).merging(other) { $1 }
  }
}
