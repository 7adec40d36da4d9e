/// The AWS command line's two files: `~/.aws/credentials` (sections `[name]`) and `~/.aws/config` (`[profile name]`).
struct ProfileFiles {
  let credentialsPath: String
  let configPath: String
  /// `AWS_PROFILE`, or `default`.
  let selectedName: String

  private let credentials: [String: [String: String]]
  private let config: [String: [String: String]]

  init(environment: [String: String], readFile: (String) -> String?) {
    let home = environment.value("HOME") ?? ""
    credentialsPath = environment.value("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials"
    configPath = environment.value("AWS_CONFIG_FILE") ?? "\(home)/.aws/config"
    selectedName = environment.value("AWS_PROFILE") ?? "default"
    credentials = Self.parse(readFile(credentialsPath) ?? "")
    config = Self.parse(readFile(configPath) ?? "")
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

  /// Parses INI as the AWS tools write it: comments begin with `#` or `;`, indented lines belong to the setting above,
  /// whose name and a dot then precede theirs: `s3.endpoint_url`.
  static func parse(_ text: String) -> [String: [String: String]] {
    var sections: [String: [String: String]] = [:]
    var current: String?
    var parent: String?
    for line in text.split(whereSeparator: \.isNewline) {
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == " " || first == "\t" {
        guard let current, let parent, let equals = line.firstIndex(of: "=") else { continue }
        let name = trimmed(line[..<equals]).lowercased()
        guard name.first != "#", name.first != ";" else { continue }
        sections[current, default: [:]]["\(parent).\(name)"] = trimmed(line[line.index(after: equals)...])
      } else if first == "[" {
        guard let end = line.firstIndex(of: "]") else { continue }
        let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: \.isWhitespace)
        let name = words.joined(separator: " ")
        current = name
        parent = nil
        sections[name, default: [:]] = sections[name] ?? [:]
      } else if let current, let equals = line.firstIndex(of: "=") {
        let name = trimmed(line[..<equals]).lowercased()
        let value = trimmed(line[line.index(after: equals)...])
        sections[current, default: [:]][name] = value
        parent = value.isEmpty ? name : nil
      }
    }
    return sections
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
