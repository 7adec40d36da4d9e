import S3
import TestSupport
import Testing

@testable import States

@Suite("Keys in lines for people")
struct PrintableTests {
  @Test(
    "No key can end the line or control the terminal",
    arguments: [
      ("a b/é", "a b/é"), ("a\nb\rc", "a%0Ab%0Dc"), ("\u{1B}[31m", "%1B[31m"), ("\u{9B}x", "%C2%9Bx"), ("\0", "%00"),
      ("a\tb", "a%09b"), ("\r\n", "%0D%0A"), ("\u{202E}gpj", "%E2%80%AEgpj"), ("\u{2028}", "%E2%80%A8"),
      ("100%", "100%"),
    ])
  func line(text: String, line: String) {
    #expect(Printable.line(text).unicodeScalars.elementsEqual(line.unicodeScalars))
  }

  @Test("Tabs of a text stay") func tabs() { #expect(Printable.line("a\tb\r", keepsTabs: true) == "a\tb%0D") }

  @Test("Differences and plans are printed in this way")
  func printed() async throws {
    let world = StateWorld(buckets: ["orders"])
    world.base.put("orders", "a\n- s3://orders/b", "x\u{1B}[0m\n")
    try world.write("fx/orders/k", "")
    let lines = DifferencePrinter(colours: false).text(of: try await world.differences("fx"))
    #expect(lines.contains("+ s3://orders/a%0A- s3://orders/b\n"))
    let plan = try await world.layOut("fx", deletes: true) { $0.isDryRun = true }.plan
    #expect(plan.lines.contains("delete  s3://orders/a%0A- s3://orders/b"))
  }
}
