/// What stands before the paths of all our URLs where a proxy serves other things too (`--path-prefix`).
///
/// Every URL of a page, a listing or a Location header begins with it; a value of the task, because all of them would
/// have to hand it on.
enum URLPrefix {
  @TaskLocal static var current = ""
}

extension Request {
  /// The same request as it would be without a proxy.
  func without(pathPrefix prefix: String) throws(Refusal) -> Request {
    guard !prefix.isEmpty else { return self }
    let rest = target.dropFirst(prefix.count)
    guard target.hasPrefix(prefix), rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") else {
      throw Refusal(404, "Everything here is below \(prefix)/ (--path-prefix).")
    }
    var request = self
    request.target = String(rest)
    if !request.target.hasPrefix("/") { request.target = "/" + request.target }
    return request
  }
}
