import Testing

@testable import HTTPFront

@Suite struct PasswordFileTests {
  @Test func `the right password is accepted, repeatedly`() async throws {
    let made = try #require(PasswordFile.hash(Array("secret".utf8), like: "$6$abcdefgh$"))
    let file = try PasswordFile(text: "# users\n\nann:\(made)\nbob:\(made)\n")
    for _ in 0..<2 {
      #expect(await file.matches(("ann", Array("secret".utf8))))
      #expect(await !file.matches(("ann", Array("Secret".utf8))))
      #expect(await !file.matches(("nobody", Array("secret".utf8))))
      #expect(await !file.matches(("bob", Array("secret\0x".utf8))))
      #expect(await !file.matches(("bob", [])))
    }
  }

  @Test(arguments: ["", "# only this", "ann", "ann:secret", ":$6$x$y", "ann:$1$old$md5", "ann:{SHA}base64"])
  func `a file without strong hashes is refused`(text: String) {
    #expect(throws: HTTPServerError.self) { try PasswordFile(text: text) }
  }
}
