/// The variables of the environment, and the settings of a section in `~/.aws`.
extension [String: String] {
  /// Returns a variable's value; set but empty counts as not set.
  func value(_ name: String) -> String? {
    guard let value = self[name], !value.isEmpty else { return nil }
    return value
  }
}
