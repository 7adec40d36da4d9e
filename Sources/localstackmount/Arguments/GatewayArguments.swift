internal import ArgumentParser

/// How clients reach the gateway, and which clients may.
struct GatewayArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Require this user and password from HTTP clients. LOCALSTACKMOUNT_AUTH is safer: `ps` shows options.",
      valueName: "user:password"))
  var auth: Credentials?

  @Option(
    help: ArgumentHelp(
      "Require one of these users: lines of USER:HASH, with hashes from `openssl passwd -6` or mkpasswd.",
      valueName: "file"),
    completion: .file())
  var authFile: String?

  @Option(
    help: ArgumentHelp("Speak TLS with this certificate (PEM, with its chain).", valueName: "file"), completion: .file()
  )
  var tlsCert: String?

  @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"), completion: .file())
  var tlsKey: String?

  @Option(
    help: ArgumentHelp("Serve below this path, for a proxy that serves other things, too.", valueName: "/path"))
  var pathPrefix = PathPrefix()

  @Option(
    help: ArgumentHelp(
      "Let pages of this other site use the gateway, as in https://app.example:3000. Repeatable.", valueName: "origin"))
  var cors: [Origin] = []

  @Option(help: ArgumentHelp("Append one line per request to this file; - is standard output.", valueName: "file"))
  var accessLog: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Close a connection whose request or answer makes no progress for this long; 0 means never.", valueName: "seconds"
    ))
  var idleTimeout: Int?

  /// The name of a given option; `nil` if none was given.
  var given: String? {
    let options: [(String, Bool)] = [
      ("--auth", auth != nil), ("--auth-file", authFile != nil), ("--tls-cert", tlsCert != nil),
      ("--tls-key", tlsKey != nil), ("--path-prefix", !pathPrefix.path.isEmpty), ("--cors", !cors.isEmpty),
      ("--access-log", accessLog != nil), ("--idle-timeout", idleTimeout != nil),
    ]
    return options.first { $0.1 }?.0
  }

  /// A week.
  private static let longestIdleTimeout = 604_800

  func validate() throws {
    if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key belong together.") }
    if let idleTimeout, !(0...Self.longestIdleTimeout).contains(idleTimeout) {
      throw ValidationError("--idle-timeout is a number of seconds from 0 to \(Self.longestIdleTimeout).")
    }
    if auth != nil && authFile != nil { throw ValidationError("Give --auth or --auth-file, not both.") }
  }
}

/// "" or "/path", without a slash at the end.
struct PathPrefix: ExpressibleByArgument {
  var path = ""

  init() {}

  init?(argument: String) {
    var path = Substring(argument)
    while path.hasSuffix("/") { path = path.dropLast() }
    let isPlain = path.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "/-._~".utf8.contains(byte)
    }
    guard path.isEmpty || path.hasPrefix("/"), isPlain, !path.contains("//") else { return nil }
    self.path = String(path)
  }

  var defaultValueDescription: String { path.isEmpty ? "none" : path }
}

/// A web origin, as browsers send it: scheme, host, and the port if it is not the scheme's own.
struct Origin: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    let lower = argument.lowercased()
    for scheme in ["http://", "https://"] where lower.hasPrefix(scheme) {
      let host = lower.dropFirst(scheme.count)
      guard !host.isEmpty, !host.contains(where: { "/?#@ *".contains($0) }) else { return nil }
      text = lower
      return
    }
    return nil
  }
}

/// USER:PASSWORD, for the gateway's Basic authentication. The user's name contains no colon (RFC 7617).
struct Credentials: ExpressibleByArgument, Equatable {
  let user: String
  let password: String

  init?(argument: String) {
    guard let colon = argument.firstIndex(of: ":"), colon != argument.startIndex else { return nil }
    let password = argument[argument.index(after: colon)...]
    guard !password.isEmpty else { return nil }
    user = String(argument[..<colon])
    self.password = String(password)
  }
}
