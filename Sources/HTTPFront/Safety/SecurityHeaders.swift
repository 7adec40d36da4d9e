extension Headers {
  /// For our own pages: nothing but our own files, no inline code. Pictures, sound and films are stored objects, or
  /// copies of them (`blob:`); a frame shows a copied PDF, nothing else.
  mutating func addPagePolicy() {
    add(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        + "connect-src 'self'; frame-src blob:; object-src blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    add("Referrer-Policy", "same-origin")
    add("X-Content-Type-Options", "nosniff")
  }

  /// For stored objects: whatever they hold, they can never act as this site's user.
  mutating func addObjectPolicy() {
    add("Content-Security-Policy", "sandbox")
    add("X-Content-Type-Options", "nosniff")
  }
}
