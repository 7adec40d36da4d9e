import Testing

@testable import S3

@Suite("Errors of S3")
struct ErrorTests {
  private func error(
    _ status: Int, _ body: String = "", _ method: HTTPRequest.Method = .get, key: ObjectKey? = "k",
    query: [QueryItem] = [], headers: [HeaderField] = []
  ) -> S3Error {
    var request = S3Request("Op", method, bucket: "b")
    request.key = key
    request.query = query
    return S3Error(
      HTTPResponse(head: ResponseHead(status: status, fields: headers), body: Array(body.utf8)), to: request)
  }

  @Test("the server's code determines the error; its message and request id are kept")
  func body() {
    let error = error(
      404, "<Error><Code>NoSuchBucket</Code><Message>Gone.</Message></Error>",
      headers: [HeaderField(name: "x-amz-request-id", value: "r1")])
    #expect(
      error
        == S3Error(
          .noSuchBucket, status: 404, serverCode: "NoSuchBucket", message: "Gone.", operation: "Op s3://b/k",
          requestID: "r1"))
  }

  @Test("without a body, or a message in it, status and operation determine the error")
  func noBody() {
    #expect(error(404, "", .head).code == .noSuchKey)
    #expect(error(404, "", .head, key: nil).code == .noSuchBucket)
    #expect(error(404, query: [QueryItem("uploadId", "u")]).code == .noSuchUpload)
    #expect(error(304).code == .notModified)
    #expect(error(412).code == .preconditionFailed)
    #expect(error(416).code == .invalidRange)
    #expect(error(403).code == .accessDenied)
    #expect(error(503).code == .slowDown)
    #expect(error(500, "<html>oops").code == .internalError)
    #expect(error(418).code == .other)
    #expect(error(405).code == .noSuchKey, "a delete marker")
    #expect(error(405, "", .put).code == .notImplemented)
    let bare = error(404, "<Error><Code>NoSuchKey</Code></Error>")
    #expect(bare.code == .noSuchKey)
    #expect(!bare.message.isEmpty)
  }

  @Test("an unknown code is interpreted by the status")
  func unknownCode() {
    let unknown = error(403, "<Error><Code>Mystery</Code></Error>")
    #expect(unknown.code == .accessDenied)
    #expect(unknown.serverCode == "Mystery")
  }

  @Test(
    "the answers by which servers of TLS refuse plain HTTP",
    arguments: [
      "Client sent an HTTP request to an HTTPS server.\n",
      "<html><h1>400 Bad Request</h1><center>The plain HTTP request was sent to HTTPS port</center></html>",
      "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    ])
  func plainRefused(body: String) {
    #expect(error(400, body).code == .tlsFailed)
    #expect(error(400, body).sentence(about: "http://host").contains("https://"))
    #expect(
      error(400, "<Error><Code>InvalidRequest</Code><Message>plain http</Message></Error>").code == .invalidRequest)
  }

  @Test("a failure that may be TLS's is explained, until the server has answered once")
  func explained() throws {
    let (plain, secure) = (try Endpoint("http://host"), try Endpoint("https://host"))
    let old = TransportFailure(kind: .malformed, message: "Received HTTP/0.9 when not allowed")
    #expect(old.explained(for: plain, hasAnswered: false).kind == .tls)
    let empty = TransportFailure(kind: .brokenOff, message: "Empty reply from server")
    #expect(empty.explained(for: plain, hasAnswered: false).message.contains("https://"))
    for failure in [old, empty] {
      #expect(failure.explained(for: plain, hasAnswered: true) == failure)
      #expect(failure.explained(for: secure, hasAnswered: false) == failure)
    }
  }

  @Test("a redirect contains the bucket's region")
  func redirect() {
    let moved = error(301, headers: [HeaderField(name: "x-amz-bucket-region", value: "eu-west-1")])
    #expect(moved.code == .wrongRegion)
    #expect(moved.message.contains("eu-west-1"))
  }

  @Test("Content-Range is parsed, and a malformed one refused")
  func contentRange() {
    #expect(ContentRange("bytes 2-4/10")?.range == 2..<5)
    #expect(ContentRange("bytes 2-4/10")?.size == 10)
    for bad in ["bytes */10", "bytes 4-2/10", "bytes 2-10/10", "items 0-1/2", ""] { #expect(ContentRange(bad) == nil) }
  }
}
