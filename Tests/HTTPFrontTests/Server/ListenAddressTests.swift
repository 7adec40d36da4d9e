import Testing

@testable import HTTPFront

struct ListenAddressTests {
  @Test(
    arguments: [
      (":8080", nil, 8080, true), ("8080", nil, 8080, true), ("127.0.0.1:80", "127.0.0.1", 80, true),
      ("localhost:0", "localhost", 0, true), ("0.0.0.0:8080", "0.0.0.0", 8080, false), ("[::]:8080", "::", 8080, false),
      ("[::1]:65535", "::1", 65535, true), ("nas.local:8080", "nas.local", 8080, false),
    ] as [(String, String?, UInt16, Bool)])
  func `addresses are loopback by default`(text: String, host: String?, port: UInt16, isLoopback: Bool) throws {
    let address = try ListenAddress.parse(text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.isLoopback == isLoopback)
  }

  @Test(arguments: ["", ":", "host", "host:", ":65536", ":-1", ":+1", "::1:80", "[]:80", ":80a"])
  func `an invalid address is quoted in the error`(text: String) {
    #expect { try ListenAddress.parse(text) } throws: { "\($0)".hasPrefix("\"\(text)\" is not an address") }
  }
}
