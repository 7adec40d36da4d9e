/// The prefix of all URL paths (`--path-prefix`), for a proxy that serves other things, too.
///
/// Every URL of a page, a listing or a Location header begins with it. It is a task-local value, because otherwise all of
/// them would have to pass it on.
enum URLPrefix {
  @TaskLocal static var current = ""

  /// Returns a decoded path without the prefix; `nil` if it does not begin with it.
  static func stripped(_ path: String) -> String {
    let prefix = PercentCoding.decode(current) ?? current
    guard !prefix.isEmpty, path.hasPrefix(prefix + "/") else { return path }
    return String(path.dropFirst(prefix.count))
  }
}

extension Request {
  /// Returns the request without the prefix.
  func without(pathPrefix prefix: String) throws(HTTPError) -> Request {
    guard !prefix.isEmpty else { return self }
    let target = Target.split(target).origin
    let rest = target.dropFirst(prefix.count)
    guard target.hasPrefix(prefix), rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") else {
      throw HTTPError(404, "Everything here is below \(prefix)/ (--path-prefix).")
    }
    var request = self
    request.target = String(rest)
    if !request.target.hasPrefix("/") { request.target = "/" + request.target }
    return request
  }
}
