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

  /// A setting of a profile; the credentials file goes first.
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

  private func configSection(_ profile: String) -> [String: String]? {
    config["profile \(profile)"] ?? (profile == "default" ? config["default"] : nil)
  }

  /// INI as the AWS tools write it: comments begin with `#` or `;`, indented lines belong to the setting above.
  static func parse(_ text: String) -> [String: [String: String]] {
    var sections: [String: [String: String]] = [:]
    var current: String?
    for line in text.split(whereSeparator: \.isNewline) {
      guard let first = line.first, first != "#", first != ";", first != " ", first != "\t" else { continue }
      if first == "[" {
        guard let end = line.firstIndex(of: "]") else { continue }
        let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: \.isWhitespace)
        let name = words.joined(separator: " ")
        current = name
        sections[name, default: [:]] = sections[name] ?? [:]
      } else if let current, let equals = line.firstIndex(of: "=") {
        let name = trimmed(line[..<equals]).lowercased()
        sections[current, default: [:]][name] = trimmed(line[line.index(after: equals)...])
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
