/// The credentials that a request is signed with.
public struct Credentials: Hashable, Sendable {
  public var accessKeyID: String
  public var secretAccessKey: String
  /// The token of temporary credentials (STS).
  public var sessionToken: String?
  /// When they expire, where that is known.
  public var expires: Timestamp?

  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  /// The credentials that LocalStack and other emulators accept.
  public static let test = Credentials(accessKeyID: "test", secretAccessKey: "test")
}

extension Credentials: CustomStringConvertible {
  /// Leaves the secrets out, so that a log never contains them.
  public var description: String { "Credentials(\(accessKeyID))" }
}
