import S3
import Testing

@Suite("Endpoints")
struct EndpointTests {
  @Test(
    "URLs are parsed",
    arguments: [
      ("http://localhost:4566", "localhost:4566", "http://localhost:4566"),
      ("HTTPS://S3.Example.COM/", "s3.example.com", "https://s3.example.com"),
      ("https://s3.example.com:443", "s3.example.com", "https://s3.example.com"),
      ("http://[::1]:4566/s3/", "[::1]:4566", "http://[::1]:4566/s3"),
    ])
  func parsing(text: String, authority: String, description: String) throws {
    let endpoint = try Endpoint(text)
    #expect(endpoint.authority == authority)
    #expect(endpoint.description == description)
  }

  @Test(
    "an invalid endpoint is refused, with its source and a remedy",
    arguments: [
      "", "localhost:4566", "ftp://localhost", "http://", "http://:4566", "http://host:port", "http://host:99999",
      "http://a b", "http://u:p@host", "http://host/?x", "http://[::1", "http://host\n",
    ])
  func bad(text: String) {
    do throws(ConfigurationError) {
      _ = try Endpoint(text, source: "LOCALSTACK_ENDPOINT")
      Issue.record("accepted: \(text)")
    } catch {
      #expect(error.description.hasPrefix("LOCALSTACK_ENDPOINT: "))
      #expect(error.description.contains("http://localhost:4566"))
    }
  }

  @Test("loopback and private addresses are local, others are not")
  func locality() throws {
    for host in [
      "localhost", "127.0.0.1", "127.1.2.3", "[::1]", "localstack", "s3.localhost.localstack.cloud", "192.168.1.5",
      "172.17.0.2", "10.0.0.1", "host.docker.internal", "minio.localhost",
    ] {
      #expect(try Endpoint("http://\(host):4566").isLocal, "\(host)")
    }
    for host in ["s3.amazonaws.com", "8.8.8.8", "172.32.0.1", "notlocalstack.cloud", "[2001:db8::1]"] {
      #expect(try !Endpoint("https://\(host)").isLocal, "\(host)")
    }
  }
}
