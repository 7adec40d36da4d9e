import CArchive

/// Runs libarchive's functions with names in UTF-8, whatever the process's locale is. Only the calling thread is
/// affected, and only for the time of the call.
enum UTF8Locale {
  /// Never freed, and never changed once made.
  private nonisolated(unsafe) static let locale = carchive_new_utf8_locale()

  static func run<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let before = carchive_use_locale(locale)
    defer { _ = carchive_use_locale(before) }
    return try body()
  }
}
