extension Headers {
  /// Lets pages of another site read the answer, as `--cors` wants it (Fetch, section 3.2).
  mutating func addCrossOriginPolicy(for origin: String) {
    add("Access-Control-Allow-Origin", origin)
    add("Access-Control-Allow-Credentials", "true")
    add(
      "Access-Control-Expose-Headers",
      "ETag, Last-Modified, Location, Content-Range, Accept-Ranges, Content-Disposition, x-amz-version-id")
  }

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
