import CArchive

/// Runs libarchive's functions with names in UTF-8, whatever the process's locale is. Affects only the calling thread,
/// and only during the call.
enum UTF8Locale {
  /// Never freed, and never changed after its creation.
  private nonisolated(unsafe) static let locale = carchive_new_utf8_locale()

  static func run<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let before = carchive_use_locale(locale)
    defer { _ = carchive_use_locale(before) }
    return try body()
  }
}
