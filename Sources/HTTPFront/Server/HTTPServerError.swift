/// Why the gateway cannot be started: one line that says what is wrong and what to do.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }

  static func invalidAddress(_ text: String, _ reason: String) -> Self {
    Self("\"\(text)\" is not an address to listen on: \(reason).")
  }
}
