private import Basics

/// The AWS command line's two files: `~/.aws/credentials` (sections `[name]`) and `~/.aws/config` (`[profile name]`).
struct ProfileFiles {
  let credentialsPath: String
  let configPath: String
  /// `AWS_PROFILE`, or `default`.
  let selectedName: String

  private let credentials: [String: [String: String]]
  private let config: [String: [String: String]]

  /// Throws invalidSetting when one of the files exists and cannot be read, or is no INI.
  init(environment: [String: String], readFile: S3Settings.FileReader) throws(ConfigurationError) {
    let home = HomeDirectory.path(environment) ?? ""
    credentialsPath = environment.value("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials"
    configPath = environment.value("AWS_CONFIG_FILE") ?? "\(home)/.aws/config"
    selectedName = environment.value("AWS_PROFILE") ?? "default"
    credentials = try Self.sections(credentialsPath, "AWS_SHARED_CREDENTIALS_FILE", readFile)
    config = try Self.sections(configPath, "AWS_CONFIG_FILE", readFile)
  }

  /// Reads a file. `variable` names another one.
  private static func sections(
    _ path: String, _ variable: String, _ readFile: S3Settings.FileReader
  ) throws(ConfigurationError) -> [String: [String: String]] {
    let text: String?
    do throws(TextFile.Unreadable) { text = try readFile(path) } catch {
      throw .invalidSetting(
        name: path,
        reason: "cannot be read (\(error.reason)): make it a file that you may read, or name another in \(variable)")
    }
    do throws(MalformedLine) { return try parse(text ?? "") } catch {
      throw .invalidSetting(
        name: "\(path), line \(error.number)", reason: "\(error.fault): correct it, or name another file in \(variable)"
      )
    }
  }

  func exists(profile: String) -> Bool { credentials[profile] != nil || configSection(profile) != nil }

  /// Returns a setting of a profile; the credentials file takes precedence.
  func value(_ name: String, profile: String) -> String? {
    credentials[profile]?.value(name) ?? configSection(profile)?.value(name)
  }

  func credentials(profile: String) -> Credentials? {
    for section in [credentials[profile], configSection(profile)].compactMap({ $0 }) {
      if let id = section.value("aws_access_key_id"), let secret = section.value("aws_secret_access_key") {
        return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: section.value("aws_session_token"))
      }
    }
    return nil
  }

  /// Returns the `endpoint_url` of a profile for S3, and where it is written: that of its `services` section takes
  /// precedence.
  func endpointURL(profile: String) throws(ConfigurationError) -> (text: String, source: String)? {
    if let name = value("services", profile: profile) {
      guard let section = config["services \(name)"] else {
        throw .invalidSetting(
          name: "profile \"\(profile)\"", reason: "there is no section [services \(name)] in \(configPath)")
      }
      if let text = section.value("s3.endpoint_url") {
        return (text, "s3 endpoint_url of [services \(name)] in \(configPath)")
      }
    }
    return value("endpoint_url", profile: profile).map { ($0, "endpoint_url of the profile \"\(profile)\"") }
  }

  private func configSection(_ profile: String) -> [String: String]? {
    config["profile \(profile)"] ?? (profile == "default" ? config["default"] : nil)
  }

  /// A line that is neither a comment, nor a section, nor a setting of one.
  private struct MalformedLine: Error {
    let number: Int
    let fault: String
  }

  /// Parses INI as the AWS tools write it: comments begin with `#` or `;`, indented lines belong to the setting above,
  /// whose name and a dot then precede theirs: `s3.endpoint_url`.
  private static func parse(_ text: String) throws(MalformedLine) -> [String: [String: String]] {
    var sections: [String: [String: String]] = [:]
    var current: String?
    var parent: String?
    // Editors of Windows begin a file with a byte order mark.
    let lines = (text.first == "\u{FEFF}" ? text.dropFirst() : text[...])
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in zip(1..., lines) {
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == " " || first == "\t" {
        guard let current, let parent, let (name, value) = setting(line), name.first != "#", name.first != ";" else {
          continue
        }
        sections[current, default: [:]]["\(parent).\(name)"] = value
      } else if first == "[" {
        guard let end = line.firstIndex(of: "]") else {
          throw MalformedLine(number: number, fault: "the section has no ] at its end")
        }
        let name = sectionName(line[..<end].dropFirst())
        current = name
        parent = nil
        sections[name, default: [:]] = sections[name] ?? [:]
      } else {
        guard let (name, value) = setting(line) else {
          throw MalformedLine(number: number, fault: "it is neither [SECTION] nor NAME = VALUE")
        }
        guard let current else { throw MalformedLine(number: number, fault: "a setting is above the first [SECTION]") }
        sections[current, default: [:]][name] = value
        parent = value.isEmpty ? name : nil
      }
    }
    return sections
  }

  /// Splits at the first `=`, or as the AWS tools also accept it, `:`.
  private static func setting(_ line: Substring) -> (name: String, value: String)? {
    line.firstIndex { $0 == "=" || $0 == ":" }.map { separator in
      (trimmed(line[..<separator]).lowercased(), trimmed(line[line.index(after: separator)...]))
    }
  }

  /// Returns a section's name: `profile a b` for `profile 'a b'` too.
  private static func sectionName(_ text: Substring) -> String {
    let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(trimmed)
    guard words.count == 2, let quote = words[1].first, quote == "'" || quote == "\"", words[1].count > 1,
      words[1].last == quote
    else { return text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    return "\(words[0]) \(words[1].dropFirst().dropLast())"
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
