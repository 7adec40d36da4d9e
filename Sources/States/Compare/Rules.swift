import Basics
package import Keys
package import S3

/// How the objects of a directory are compared: `@s3expect` at its top. The first rule that matches `BUCKET/KEY` is the
/// object's; without one, bytes and properties must be the same.
///
///     {"rules": [
///       {"match": "orders/out/*.json", "compare": "json", "ignore": ["$.createdAt", "items[*].id"]},
///       {"match": "orders/logs/**", "compare": "ignore"},
///       {"match": "lake/daily/part-*.csv", "as": "lake/daily.csv", "compare": "csv-rows"}]}
package struct Rules: Sendable {
  package static let none = Rules(rules: [], directory: "")

  package let rules: [Rule]
  /// The directory in which commands run.
  package let directory: String

  package init(rules: [Rule], directory: String) {
    self.rules = rules
    self.directory = directory
  }

  init(_ json: JSONValue, place: String, directory: String) throws(StateFailure) {
    guard let rules = json["rules"]?.array, json.members?.count == 1 else {
      throw Sidecar.problem(place, "an object {\"rules\": […]} is expected")
    }
    var parsed: [Rule] = []
    for (index, rule) in rules.enumerated() { parsed.append(try Rule(rule, place: "\(place): rule \(index + 1)")) }
    self.init(rules: parsed, directory: directory)
  }

  package func rule(for bucket: String, _ key: ObjectKey) -> Rule? {
    if rules.isEmpty { return nil }
    let name = "\(bucket)/\(key)"
    return rules.first { $0.match.matches(name) }
  }
}

package struct Rule: Hashable, Sendable {
  package enum Method: Hashable, Sendable {
    case bytes
    case ignore
    case text
    /// As JSON without the members at these paths, in any order of members.
    case json(ignoring: [JSONPath])
    /// As lines in any order.
    case lines
    /// As CSV rows in any order below the first, which names the columns.
    case csvRows
    /// By the number of objects that match, whatever they contain; nil: as many as the directory has files.
    case count(ClosedRange<Int>?)
    /// By a shell command's exit status: 0 is equal, 1 different.
    case command(String)
  }

  package var match: Glob
  package var method: Method
  package var isCompressed = false
  /// `BUCKET/KEY` of the one file that all matching objects together are compared with.
  package var whole: String?
  /// Names of headers, `x-amz-meta-…`, or `headers`, `metadata`, `tags` as a whole.
  package var ignoredProperties: Set<String> = []

  private static let names = ["bytes", "ignore", "text", "json", "lines", "csv-rows", "count", "command"]

  init(_ json: JSONValue, place: String) throws(StateFailure) {
    guard let match = json["match"]?.string else {
      throw Sidecar.problem(place, "\"match\" is missing, a pattern of BUCKET/KEY")
    }
    let known = ["match", "compare", "ignore", "count", "as", "command", "ignoreProperties"]
    if let other = json.members?.first(where: { !known.contains($0.name) }) {
      throw Sidecar.problem(place, "there is no member \"\(other.name)\"; there are \(known.joined(separator: ", "))")
    }
    self.match = try Sidecar.pattern(match, place)
    var name =
      json["compare"]?.string ?? (json["command"] != nil ? "command" : json["count"] != nil ? "count" : "bytes")
    if name.hasPrefix("gunzip+") {
      isCompressed = true
      name = String(name.dropFirst("gunzip+".count))
    }
    method = try Self.method(name, json, place)
    // A member that the comparison ignores would have no effect.
    for (member, reader) in [("ignore", "json"), ("count", "count"), ("command", "command")] {
      guard json[member] == nil || name == reader else {
        throw Sidecar.problem(place, "\"\(member)\" needs \"compare\": \"\(reader)\"")
      }
    }
    whole = json["as"]?.string
    ignoredProperties = Set(try Self.texts(json["ignoreProperties"], place).map { $0.lowercased() })
    if let other = ignoredProperties.sorted().first(where: { !Self.isPropertyName($0) }) {
      throw Sidecar.problem(
        place, "there is no property \"\(other)\"; name a header of an object, x-amz-meta-…, headers, metadata or tags")
    }
  }

  private static func isPropertyName(_ name: String) -> Bool {
    ["headers", "metadata", "tags"].contains(name) || Properties.headerNames.contains(name)
      || name.hasPrefix("x-amz-meta-") || name.hasPrefix("tag ")
  }

  private static func method(_ name: String, _ json: JSONValue, _ place: String) throws(StateFailure) -> Method {
    switch name {
    case "bytes": return .bytes
    case "ignore": return .ignore
    case "text": return .text
    case "lines": return .lines
    case "csv-rows": return .csvRows
    case "json":
      var paths: [JSONPath] = []
      for text in try texts(json["ignore"], place) {
        guard let path = JSONPath(text) else {
          throw Sidecar.problem(place, "\"\(text)\" is no path; write $.a.b, items[*].id or $..id")
        }
        paths.append(path)
      }
      return .json(ignoring: paths)
    case "count":
      guard let count = json["count"] else { return .count(nil) }
      if let number = count.int, number >= 0 { return .count(Int(number)...Int(number)) }
      let low = count["min"]?.int ?? 0
      let high = count["max"]?.int ?? Int64(Int32.max)
      guard count.members != nil, 0 <= low, low <= high else {
        throw Sidecar.problem(place, "\"count\" must be a number or {\"min\": N, \"max\": N}")
      }
      return .count(Int(low)...Int(high))
    case "command":
      guard let command = json["command"]?.string else { throw Sidecar.problem(place, "\"command\" is missing") }
      return .command(command)
    default:
      throw Sidecar.problem(
        place,
        "there is no comparison \"\(name)\"; there are \(names.joined(separator: ", ")), and gunzip+ before one")
    }
  }

  private static func texts(_ json: JSONValue?, _ place: String) throws(StateFailure) -> [String] {
    guard let json else { return [] }
    if let one = json.string { return [one] }
    let texts = json.array?.compactMap(\.string)
    guard let texts, texts.count == json.array?.count else {
      throw Sidecar.problem(place, "a string or an array of strings is expected")
    }
    return texts
  }

  func ignores(_ difference: PropertyDifference) -> Bool {
    if ignoredProperties.isEmpty { return false }
    let group =
      switch difference.kind {
      case .header: "headers"
      case .metadata: "metadata"
      case .tag: "tags"
      }
    return ignoredProperties.contains(group) || ignoredProperties.contains(difference.label.lowercased())
  }
}

/// A path of members to leave out: `$.a.b`, `a.b`, `items[*].id`, `items[0]`, `$..id` at any depth.
package struct JSONPath: Hashable, Sendable {
  private enum Step: Hashable, Sendable {
    case member(String)
    case index(Int)
    case any
    case anyDepth
  }

  private let steps: [Step]

  package init?(_ text: String) {
    var rest = Substring(text)
    if rest.hasPrefix("$") { rest = rest.dropFirst() }
    var steps: [Step] = []
    while !rest.isEmpty {
      if rest.hasPrefix("..") {
        steps.append(.anyDepth)
        rest = rest.dropFirst(2)
        if rest.hasPrefix("[") { continue }
      } else if rest.hasPrefix(".") {
        rest = rest.dropFirst()
      }
      if rest.hasPrefix("[") {
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        if inner == "*" {
          steps.append(.any)
        } else if let index = Int(inner) {
          steps.append(.index(index))
        } else if inner.count >= 2, let quote = inner.first, quote == "'" || quote == "\"", inner.last == quote {
          steps.append(.member(String(inner.dropFirst().dropLast())))
        } else {
          return nil
        }
        continue
      }
      let name = rest.prefix { $0 != "." && $0 != "[" }
      guard !name.isEmpty else { return nil }
      steps.append(name == "*" ? .any : .member(String(name)))
      rest = rest[name.endIndex...]
    }
    guard !steps.isEmpty, steps.last != .anyDepth else { return nil }
    self.steps = steps
  }

  /// Returns the value without the members at the path; nil if that is the value itself.
  func removed(from value: JSONValue) -> JSONValue? { Self.remove(steps[...], from: value) }

  private static func remove(_ steps: ArraySlice<Step>, from value: JSONValue) -> JSONValue? {
    guard let step = steps.first else { return nil }
    let rest = steps.dropFirst()
    if step == .anyDepth {
      guard let here = remove(rest, from: value) else { return nil }
      return mapChildren(of: here) { _, _, child in remove(steps, from: child) }
    }
    return mapChildren(of: value) { name, index, child in
      let isMeant =
        switch step {
        case .member(let wanted): name == wanted
        case .index(let wanted): index == wanted
        case .any: true
        case .anyDepth: false
        }
      return isMeant ? remove(rest, from: child) : child
    }
  }

  private static func mapChildren(
    of value: JSONValue, _ change: (String?, Int?, JSONValue) -> JSONValue?
  ) -> JSONValue {
    switch value {
    case .array(let values): .array(values.enumerated().compactMap { change(nil, $0, $1) })
    case .object(let members):
      .object(members.compactMap { member in change(member.name, nil, member.value).map { .init(member.name, $0) } })
    default: value
    }
  }
}
