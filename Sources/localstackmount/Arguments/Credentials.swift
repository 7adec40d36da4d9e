internal import ArgumentParser

/// USER:PASSWORD, for the gateway's Basic authentication. The user's name holds no colon (RFC 7617).
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
