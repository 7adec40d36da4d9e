import Core
import Testing

@testable import HTTPFront

@Suite struct AccessLogTests {
  @Test func `a line contains client and request, and no request can forge a line`() {
    let record = ExchangeRecord(
      method: "GET", target: "/box/a\"b\nc",
      headers: ["User-Agent": "x\" 200 \\", "Authorization": "Basic YW5uOnNlY3JldA=="],
      client: "127.0.0.1", status: 200, bytesIn: 0, bytesOut: 12, duration: .milliseconds(1234))
    #expect(
      AccessLog.line(record, at: Timestamp(seconds: 0))
        == #"127.0.0.1 - ann [1970-01-01T00:00:00Z] "GET /box/a\x22b\x0Ac HTTP/1.1" 200 12 "-" "x\x22 200 \x5C" 1.234"#)
  }
}
