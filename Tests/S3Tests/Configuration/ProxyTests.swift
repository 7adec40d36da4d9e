import Testing

@testable import S3

@Suite("The proxy of an endpoint, as curl chooses it")
struct ProxyTests {
  private func proxy(_ endpoint: String, _ environment: [String: String]) throws -> Proxy? {
    Proxy.used(for: try Endpoint(endpoint), environment: environment)
  }

  @Test("the variable of the scheme, then the one for all; never for a local endpoint")
  func variables() throws {
    let all = [
      "ALL_PROXY": "all", "https_proxy": "tls", "HTTPS_PROXY": "TLS", "http_proxy": "plain", "HTTP_PROXY": "web",
    ]
    #expect(try proxy("http://s3.example.com", all)?.variable == "http_proxy")
    #expect(try proxy("https://s3.example.com", all)?.variable == "https_proxy")
    #expect(try proxy("https://s3.example.com", ["HTTPS_PROXY": "x", "https_proxy": ""])?.variable == "HTTPS_PROXY")
    #expect(try proxy("http://s3.example.com", ["ALL_PROXY": "x", "HTTP_PROXY": "web"])?.variable == "ALL_PROXY")
    #expect(try proxy("http://s3.example.com", ["HTTP_PROXY": "web"]) == nil)
    for local in ["http://localhost:4566", "http://10.1.2.3", "http://emulator"] {
      #expect(try proxy(local, all) == nil)
    }
  }

  @Test(
    "NO_PROXY names hosts, domains, addresses and networks",
    arguments: [
      ("*", "a.example.com", true), ("example.com", "a.example.com", true), (".example.com", "a.example.com", true),
      ("EXAMPLE.com", "example.com", true), ("a, b example.com", "example.com", true),
      ("ample.com", "example.com", false),
      ("", "example.com", false), (".", "example.com", false), ("8.8.8.8", "8.8.8.8", true),
      ("8.8.0.0/16", "8.8.8.8", true),
      ("8.9.0.0/16", "8.8.8.8", false), ("8.8.8.8/33", "8.8.8.8", false), ("8.8.8", "8.8.8.8", false),
      ("0.0.0.0/0", "8.8.8.8", true), ("2001:db8::/32", "[2001:db8::1]", true),
      ("[2001:db8::1]", "[2001:db8::1]", true),
      ("2001:db9::/32", "[2001:db8::1]", false),
    ])
  func exemptions(list: String, host: String, isExempt: Bool) throws {
    for name in ["no_proxy", "NO_PROXY"] {
      #expect(try (proxy("http://\(host)", ["http_proxy": "x", name: list]) == nil) == isExempt)
    }
  }

  @Test(
    "neither the name nor a message contains the user and the password",
    arguments: [
      ("http://me:secret@proxy:3128", "http://proxy:3128"), ("me:se@cret@proxy", "proxy"), ("proxy:1", "proxy:1"),
      ("socks5h://me:secret@[::1]:1080/", "socks5h://[::1]:1080/"),
    ])
  func secrecy(url: String, shown: String) throws {
    let proxy = try #require(try proxy("http://s3.example.com", ["http_proxy": url]))
    #expect("\(proxy)" == shown)
    let sentence = proxy.sentence("Unsupported proxy syntax in '\(url)'")
    #expect(sentence.contains(shown) && sentence.contains("http_proxy") && sentence.contains("NO_PROXY=s3.example.com"))
    #expect(!sentence.contains("cret"))
  }

  @Test("a failure is the proxy's until it has led to the endpoint")
  func blame() throws {
    let proxy = try #require(try proxy("http://s3.example.com", ["http_proxy": "p"]))
    func isOfProxy(_ kind: TransportFailure.Kind, _ message: String) -> Bool {
      TransportFailure(kind: kind, message: message).blaming(proxy).isOfProxy
    }
    #expect(isOfProxy(.unreachable, "Failed to connect to p port 1080"))
    #expect(isOfProxy(.unreachable, "Could not resolve proxy: p"))
    #expect(isOfProxy(.brokenOff, "CONNECT tunnel failed, response 407"))
    #expect(isOfProxy(.timedOut, "Connection timeout after 5001 ms"))
    #expect(!isOfProxy(.timedOut, "Operation timed out after 5001 milliseconds with 0 bytes received"))
    #expect(!isOfProxy(.brokenOff, "Empty reply from server"))
    #expect(!isOfProxy(.tls, "SSL certificate problem"))
  }
}
