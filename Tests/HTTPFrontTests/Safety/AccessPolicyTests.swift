import Testing

@testable import HTTPFront

struct AccessPolicyTests {
  private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

  private static func status(_ policy: AccessPolicy, _ headers: Headers, isMutating: Bool) -> Int? {
    do {
      let request = Request(method: "X", target: "/b/k", headers: headers)
      try policy.check(request)
      if isMutating { try policy.checkChange(request) }
      return nil
    } catch {
      return error.status
    }
  }

  @Test(arguments: [
    ("localhost", nil), ("localhost:8080", nil), ("LOCALHOST", nil), ("127.0.0.1:1", nil), ("[::1]", nil),
    ("[::1]:80", nil),
    ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.nip.io:8080", 421), ("", 421),
    ("[::2]:80", 421), ("localhost:", nil), ("localhost:8080.evil.example", 421), ("[::1].evil.example", 421),
    ("[::1", 421), ("evil.example@localhost", 421), ("localhost:80:80", 421),
  ])
  func `on loopback only loopback names are accepted as Host`(host: String, status: Int?) {
    #expect(Self.status(AccessPolicy(hosts: Self.loopback), ["Host": host], isMutating: false) == status)
  }

  @Test(arguments: [
    ("http://localhost:8080/b/k", "localhost:8080", nil), ("http://[::1]?q=x", "localhost", nil),
    ("http://evil.example/b/k", "localhost", 421), ("HTTPS://evil.example", "localhost", 421),
    ("http://localhost/b/k", "evil.example", 421), ("http://localhost@evil.example/", "localhost", 421),
    ("http:///b/k", "localhost", 421), ("/http://evil.example/", "localhost", nil),
  ])
  func `the host of an absolute target is checked like Host`(target: String, host: String, status: Int?) {
    let request = Request(method: "GET", target: target, headers: ["Host": host])
    #expect(Self.refusal { () throws(HTTPError) in try AccessPolicy(hosts: Self.loopback).check(request) } == status)
  }

  @Test func `a page's origin is compared with the requested host`() {
    let request = Request(
      method: "PUT", target: "http://nas.local/b/k",
      headers: ["Host": "other.example", "Origin": "http://other.example"])
    #expect(Self.refusal { () throws(HTTPError) in try AccessPolicy().checkChange(request) } == 403)
  }

  private static func refusal(_ body: () throws(HTTPError) -> Void) -> Int? {
    do {
      try body()
      return nil
    } catch { return error.status }
  }

  @Test func `on all interfaces any Host is accepted`() {
    #expect(Self.status(AccessPolicy(), ["Host": "nas.local"], isMutating: true) == nil)
  }

  @Test(
    arguments: [
      ([:], nil), (["Origin": "http://localhost:8080"], nil), (["Origin": "https://localhost:8080"], nil),
      (["Origin": "http://localhost:3000"], 403), (["Origin": "http://evil.example"], 403), (["Origin": "null"], 403),
      (["Sec-Fetch-Site": "same-origin"], nil), (["Sec-Fetch-Site": "none"], nil),
      (["Sec-Fetch-Site": "cross-site"], 403),
      (["Sec-Fetch-Site": "same-site"], 403),
      (["Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"], 403),
    ] as [([String: String], Int?)])
  func `another site's page changes nothing`(fields: [String: String], status: Int?) {
    var headers: Headers = ["Host": "localhost:8080"]
    for (name, value) in fields { headers.add(name, value) }
    #expect(Self.status(AccessPolicy(hosts: Self.loopback), headers, isMutating: true) == status)
    #expect(Self.status(AccessPolicy(hosts: Self.loopback), headers, isMutating: false) == nil)
  }

  @Test func `an Origin without a Host counts as another site`() {
    #expect(Self.status(AccessPolicy(), ["Origin": "http://localhost"], isMutating: true) == 403)
  }

  @Test func `read-only refuses changes`() {
    let policy = AccessPolicy(readOnly: true)
    #expect(Self.status(policy, [:], isMutating: true) == 403)
    #expect(Self.status(policy, [:], isMutating: false) == nil)
  }

  @Test(
    arguments: [
      ([("Content-Length", "1"), ("Transfer-Encoding", "chunked")], 400), ([("Content-Length", "-1")], 400),
      ([("Content-Length", "1, 1")], 400), ([("Content-Length", "")], 400), ([("Content-Length", " 1")], 400),
      ([("Content-Length", "1"), ("content-length", "1")], 400), ([("Transfer-Encoding", "gzip, chunked")], 501),
      ([("Transfer-Encoding", "gzip")], 501), ([("Transfer-Encoding", "identity")], 501),
      ([("Transfer-Encoding", "chunked ")], 501), ([("Transfer-Encoding", "chunked, chunked")], 501),
      ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], 501),
      ([("Transfer-Encoding", "Chunked")], nil), ([("Content-Length", "12")], nil), ([("Host", "b")], 400), ([], nil),
    ] as [([(String, String)], Int?)])
  func `ambiguous framing is refused, and the connection is closed`(fields: [(String, String)], status: Int?) {
    var headers: Headers = ["Host": "a"]
    for (name, value) in fields { headers.add(name, value) }
    #expect(Self.formStatus(Request(method: "PUT", target: "/", headers: headers)) == status)
  }

  @Test func `a head with missing or duplicate fields is refused`() {
    var request = Request(method: "GET", target: "/")
    #expect(Self.formStatus(request) == 400)
    request.version = "HTTP/1.0"
    #expect(Self.formStatus(request) == nil)
    request.headers.add("Transfer-Encoding", "chunked")
    #expect(Self.formStatus(request) == 400)
    request = Request(method: "GET", target: "/", headers: ["Host": "a"])
    request.flaw = "It has a flaw."
    #expect(Self.formStatus(request) == 400)
  }

  private static func formStatus(_ request: Request) -> Int? {
    do {
      try AccessPolicy.checkForm(request)
      return nil
    } catch {
      #expect(error.closesConnection)
      return error.status
    }
  }

  @Test(
    arguments: [
      // user:pässword
      (["Authorization": "Basic dXNlcjpww6Rzc3dvcmQ="], nil), (["Authorization": "basic dXNlcjpww6Rzc3dvcmQ"], nil),
      ([:], 401), (["Authorization": "Basic"], 401), (["Authorization": "Basic dXNlcjpwYXNzd29yZA=="], 401),
      (["Authorization": "Bearer dXNlcjpww6Rzc3dvcmQ="], 401), (["Authorization": "Basic !!!"], 401),
      (["Authorization": "Basic dXNlcjpww6Rzc3dvcmQA"], 401),
    ] as [([String: String], Int?)])
  func `Basic credentials must match exactly`(fields: [String: String], status: Int?) {
    let policy = AccessPolicy(credentials: BasicCredentials(user: "user", password: "pässword"))
    let headers = fields.reduce(into: Headers()) { $0.add($1.key, $1.value) }
    #expect(Self.status(policy, headers, isMutating: false) == status)
  }

  @Test func `a header's value cannot start another header`() {
    var headers = Headers()
    headers.add("Location", "/a\r\nSet-Cookie: x=1\u{0}")
    #expect(headers["location"] == "/a  Set-Cookie: x=1 ")
  }

  @Test func `only pages of permitted sites can make changes`() {
    let policy = AccessPolicy(allowedOrigins: ["http://app.example:3000"])
    let own: Headers = ["Origin": "http://app.example:3000", "Sec-Fetch-Site": "cross-site", "Host": "localhost"]
    #expect(Self.status(policy, own, isMutating: true) == nil)
    #expect(Self.status(policy, ["Origin": "http://app.example", "Host": "localhost"], isMutating: true) == 403)
  }
}
