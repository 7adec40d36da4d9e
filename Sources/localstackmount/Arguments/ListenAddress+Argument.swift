public import ArgumentParser
public import HTTPFront

extension ListenAddress: ExpressibleByArgument {
  public init?(argument: String) {
    guard let address = try? ListenAddress.parse(argument) else { return nil }
    self = address
  }
}
