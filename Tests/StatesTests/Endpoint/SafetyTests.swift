import S3
import Testing

@testable import States

@Suite("Where objects may be deleted")
struct SafetyTests {
  @Test(
    "Loopback, private and link-local addresses are local",
    arguments: [
      "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1", "::1",
      "fd00::1", "fe80::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    ])
  func local(address: String) { #expect(Safety.isLocal(address)) }

  @Test(
    "Other addresses are not local",
    arguments: ["8.8.8.8", "172.32.0.1", "192.169.0.1", "0.0.0.0", "2001:db8::1", "::", "::ffff:8.8.8.8", "x", ""])
  func foreign(address: String) { #expect(!Safety.isLocal(address)) }

  @Test("Every address of a name must be local")
  func resolution() throws {
    let endpoint = try Endpoint("http://s3.example:9000")
    try Safety.require(local: endpoint, for: "reset", isForced: false) { _ in ["10.0.0.1", "fd00::1"] }
    for addresses in [["10.0.0.1", "8.8.8.8"], ["1.1.1.1"], []] {
      #expect {
        try Safety.require(local: endpoint, for: "reset", isForced: false) { _ in addresses }
      } throws: { ($0 as? StateFailure)?.code == .refused }
      try Safety.require(local: endpoint, for: "reset", isForced: true) { _ in addresses }
    }
  }

  @Test("The emulators' host names are local, whatever they resolve to")
  func names() throws {
    for host in ["localhost", "s3.localhost.localstack.cloud", "host.docker.internal"] {
      try Safety.require(local: try Endpoint("http://\(host):4566"), for: "reset", isForced: false) { _ in [] }
    }
  }

  @Test("AWS is never local, even with force or with a name that resolves to a private address")
  func aws() throws {
    for host in ["s3.amazonaws.com", "s3.eu-central-1.amazonaws.com", "b.vpce-1.s3.eu-west-1.vpce.amazonaws.com"] {
      #expect {
        try Safety.require(local: try Endpoint("https://\(host)"), for: "reset", isForced: true) { _ in ["10.0.0.1"] }
      } throws: { ($0 as? StateFailure)?.code == .refused }
    }
  }
}
