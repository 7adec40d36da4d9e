extension Headers {
  /// Allows pages of another site to read the answer (`--cors`; Fetch, section 3.2).
  mutating func addCrossOriginPolicy(for origin: String) {
    add("Access-Control-Allow-Origin", origin)
    add("Access-Control-Allow-Credentials", "true")
    add(
      "Access-Control-Expose-Headers",
      "ETag, Last-Modified, Location, Content-Range, Accept-Ranges, Content-Disposition, x-amz-version-id, X-State, "
        + "X-Differences")
  }

  /// Restricts the gateway's own pages to its own files, without inline code. Images, audio and video are stored
  /// objects, or copies of them (`blob:`); a frame shows only a copied PDF.
  mutating func addPagePolicy() {
    add(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        + "connect-src 'self'; frame-src blob:; object-src blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    add("Referrer-Policy", "same-origin")
    add("X-Content-Type-Options", "nosniff")
  }

  /// Prevents stored objects, whatever they contain, from acting as this site's user.
  mutating func addObjectPolicy() {
    add("Content-Security-Policy", "sandbox")
    add("X-Content-Type-Options", "nosniff")
  }
}
