extension Headers {
  /// For our own pages: nothing but our own files, no inline code, no frames.
  mutating func addPagePolicy() {
    add(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    add("Referrer-Policy", "same-origin")
    add("X-Content-Type-Options", "nosniff")
  }

  /// For stored objects: whatever they hold, they can never act as this site's user.
  mutating func addObjectPolicy() {
    add("Content-Security-Policy", "sandbox")
    add("X-Content-Type-Options", "nosniff")
  }
}
