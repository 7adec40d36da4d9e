import Archive
import Core
import Testing

@testable import Archive
@testable import HTTPFront

struct RouterTests {
  private static let key = ObjectPath(bucket: "b", key: "k")
  private static let directory = ObjectPath(bucket: "b", key: "d/")
  private static let bucket = ObjectPath(bucket: "b")

  @Test(arguments: [
    ("GET", "/", Route.list(.root, .page)), ("HEAD", "/b/?json", .list(bucket, .json)),
    ("GET", "/b/d/?simple", .list(directory, .names)), ("GET", "/b", .redirect("/b/")),
    ("GET", "/b?json", .redirect("/b/?json")), ("GET", "/b/k", .read(key)), ("HEAD", "/b/k", .read(key)),
    ("GET", "/b/k?meta", .inspect(key)), ("GET", "/b/d/?q=x+y", .search(directory, "x y", .page)),
    ("GET", "/b/d/?recursive&json", .search(directory, "", .json)),
    ("GET", "/b/d/?recursive", .list(directory, .page)), ("GET", "/b/d/?q=", .list(directory, .page)),
    ("PUT", "/b/k", .put(key, keepsDetails: false)),
    ("PUT", "/b/k?keep", .put(key, keepsDetails: true)), ("PUT", "/b/", .makeDirectory(bucket)),
    ("PUT", "/b/d/", .makeDirectory(directory)), ("DELETE", "/b/k", .delete(key, recursive: false)),
    ("DELETE", "/b/d/?recursive", .delete(directory, recursive: true)),
    ("POST", "/b/d/?mkdir=x", .makeNamed(in: directory, name: "x")),
    ("POST", "/?mkdir", .makeNamed(in: .root, name: nil)),
    ("POST", "/b/k?delete", .formDelete(key, recursive: false)),
    (
      "POST", "/b/k?move=/c/n",
      .relocate(key, to: ObjectPath(bucket: "c", key: "n"), removesSource: true, replaces: false)
    ),
    (
      "POST", "/b/k?copy=/c/d/&replace",
      .relocate(key, to: ObjectPath(bucket: "c", key: "d/k"), removesSource: false, replaces: true)
    ),
    (
      "POST", "/b/d/?move=/c/e",
      .relocate(directory, to: ObjectPath(bucket: "c", key: "e/"), removesSource: true, replaces: false)
    ),
    ("GET", "/-/health", .health), ("GET", "/-/metrics", .metrics),
    ("HEAD", "/-/assets/v/a", .asset(version: "v", name: "a")),
    ("OPTIONS", "*", .options(allow: "GET, HEAD, PUT, POST, DELETE, OPTIONS")),
    ("OPTIONS", "/", .options(allow: "GET, HEAD, POST, OPTIONS")),
    ("GET", "/-x/k", .read(ObjectPath(bucket: "-x", key: "k"))),
  ])
  func `a method and a target have one route`(method: String, target: String, route: Route) throws {
    #expect(try Router.route(Request(method: method, target: target)) == route)
  }

  @Test(arguments: [
    ("GET", "/%zz", 400), ("GET", "//k", 400), ("PATCH", "/b/k", 405), ("PUT", "/", 405), ("DELETE", "/", 405),
    ("PUT", "/b", 409), ("POST", "/b/k", 400), ("POST", "/b/d/", 415), ("POST", "/b/k?move=x", 400),
    ("POST", "/b/k?move=/", 400), ("POST", "/b/?move=/c/", 409), ("GET", "/b/k?zip", 409), ("POST", "/b/k?untar", 409),
    ("GET", "/b/k?wait=x", 400), ("GET", "/b/k?watch", 400), ("GET", "/b/k?version=", 400),
    ("POST", "/b/k?restore=", 400), ("GET", "/b/k?presign&expires=999999999", 400), ("GET", "/-/nothing", 404),
    ("PUT", "/-/health", 405), ("GET", "/-", 404), ("GET", "/-/assets/v", 404), ("GET", "/-/assets//n", 404),
    // What belongs to another method, place or endpoint.
    ("PUT", "/b/k?move=/b/n", 400), ("PUT", "/b/k?meta", 400), ("PUT", "/b/k?version=v1", 400),
    ("PUT", "/b/k?json", 400),
    ("PUT", "/b/d/?keep", 400), ("DELETE", "/b/k?keep", 400), ("DELETE", "/b/k?meta", 400), ("DELETE", "/b/?q=x", 400),
    ("DELETE", "/b/d/?version=v1", 400), ("DELETE", "/b/k?version=", 400),
    ("DELETE", "/b/k?versionId=a&version=b", 400),
    ("POST", "/b/k?move=/b/n&copy=/b/m", 400), ("POST", "/b/k?meta&delete", 400), ("POST", "/b/k?meta&recursive", 400),
    ("POST", "/b/d/?mkdir=x&unzip", 400), ("POST", "/b/k?move", 400), ("POST", "/b/k?copy=", 400),
    ("POST", "/b/d/?meta", 400), ("POST", "/b/k?restore", 400), ("POST", "/b/k?versionId=v1&copy=/b/n", 400),
    ("GET", "/b/k?move=/b/n", 400), ("GET", "/b/k?delete", 400), ("GET", "/b/d/?presign", 400),
    ("GET", "/b/d/?versions", 400),
    ("GET", "/b/k?meta&versions", 400), ("GET", "/b/d/?zip&tar", 400),
    // What nobody knows, or cannot be decoded, or is said twice.
    ("PUT", "/b/k?Keep", 400), ("PUT", "/b/k?cache=1", 400), ("PUT", "/b/k?v=%", 400), ("PUT", "/b/k?", 0),
    ("DELETE", "/b/d/?Recursive", 400), ("DELETE", "/b/d/?recursive=perhaps", 400),
    ("DELETE", "/b/d/?recursive&%zz", 400),
    ("POST", "/b/k?move=/b/n&move=/b/m", 400), ("POST", "/b/k?move=%ff", 400), ("GET", "/b/k?version=%ff", 400),
    ("GET", "/b/k?version=a&version=b", 400), ("GET", "/b/d/?q=100%", 400),
    ("POST", "/b/k?delete=false", 400), ("POST", "/b/k?delete=-1", 400), ("POST", "/b/d/?unzip=0", 400),
    ("GET", "/b/d/*.csv?wait=1s&count=0", 400), ("GET", "/b/d/*.csv?wait=1s&count", 400),
    ("GET", "/b/k?wait=1s&count=2", 400), ("GET", "/b/d/?wait=1s&count=2&gone", 400), ("GET", "/?wait=1s&gone", 400),
    ("GET", "/?wait=1s&count=1", 400), ("GET", "/b/k?wait=1s&gone=perhaps", 400),
    // S3's own.
    ("PUT", "/b/k?acl", 501), ("PUT", "/b/k?uploadId=u&partNumber=1", 501), ("PUT", "/b/k?tagging", 501),
    ("PUT", "/b?versioning", 501), ("PUT", "/b/?policy", 501), ("POST", "/b/k?uploads", 501),
    ("POST", "/b/k?uploadId=u", 501),
    ("DELETE", "/b/k?tagging", 501), ("DELETE", "/b/k?uploadId=u", 501), ("DELETE", "/b/?cors", 501),
    ("GET", "/b/k?acl", 501),
    ("GET", "/b?list-type=2&prefix=a", 501), ("GET", "/b/?uploads", 501), ("GET", "/b?location", 501),
    ("PUT", "/b/k?x-id=UploadPart", 501), ("PUT", "/b/k?X-Amz-Signature=0", 501),
    ("POST", "/b/k?select&select-type=2", 501),
  ])
  func `what cannot be done is refused with its status`(method: String, target: String, status: Int) {
    #expect(Self.refusal(Request(method: method, target: target))?.status ?? 0 == status, "\(method) \(target)")
  }

  private static func refusal(_ request: Request) -> HTTPError? {
    do { _ = try Router.route(request) } catch { return error }
    return nil
  }

  @Test(arguments: [
    ("x-amz-copy-source", "/b/k", 501), ("X-Amz-Acl", "private", 501), ("x-amz-tagging", "a=b", 501),
    ("x-amz-storage-class", "GLACIER", 501), ("x-amz-server-side-encryption", "AES256", 501),
    ("x-amz-write-offset-bytes", "5", 501), ("x-amz-decoded-content-length", "5", 501),
    ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 501), ("Content-Encoding", "aws-chunked, gzip", 501),
    ("x-amz-content-sha256", "UNSIGNED-PAYLOAD", 0), ("x-amz-date", "20260101T000000Z", 0), ("x-amz-meta-a", "b", 0),
  ])
  func `a header of S3's API is done or refused`(name: String, value: String, status: Int) {
    var headers = Headers()
    headers.add(name, value)
    let refusal = Self.refusal(Request(method: "PUT", target: "/b/k", headers: headers))
    #expect(refusal?.status ?? 0 == status)
    #expect(Self.refusal(Request(method: "GET", target: "/b/k", headers: headers)) == nil)
  }

  @Test(arguments: ["PUT /b/d/", "POST /b/k?move=/b/n", "POST /b/k?meta", "POST /b/?mkdir=x", "DELETE /b/k"])
  func `metadata is not passed over where it is not stored`(request: String) {
    let parts = request.split(separator: " ").map(String.init)
    let request = Request(method: parts[0], target: parts[1], headers: ["x-amz-meta-a": "b"])
    #expect(Self.refusal(request)?.status == 400)
  }

  @Test func `S3's list of keys to delete is not a form that deletes the bucket`() {
    let headers: Headers = ["Content-Type": "application/xml", "Content-Length": "9"]
    #expect(Self.refusal(Request(method: "POST", target: "/b?delete", headers: headers))?.status == 415)
    #expect(Self.refusal(Request(method: "POST", target: "/b?delete", headers: ["Content-Length": "9"]))?.status == 415)
  }

  @Test(arguments: [
    ("GET", "/b/d/?zip", Route.archive(directory, .zip)), ("GET", "/?tar", .archive(.root, .tar)),
    ("POST", "/b/d/?zip", .archiveChosen(directory, .zip)), ("POST", "/b/d/?untar", .unpack(directory, .tar)),
    ("GET", "/b/d/?watch", .watch(directory, deep: false)), ("GET", "/?watch&recursive", .watch(.root, deep: true)),
    ("GET", "/b/k?wait=2m", .wait(key, Wait(limit: .seconds(120)))),
    ("GET", "/b/d/?wait=3&json", .wait(directory, Wait(limit: .seconds(3), format: .json))),
    ("DELETE", "/b/k?version=v1", .deleteVersion(key, "v1")),
    ("DELETE", "/b/k?versionId=null", .deleteVersion(key, "null")),
    ("GET", "/b/k?versionId=v1", .readVersion(key, "v1")), ("GET", "/b/k?v=100%", .read(key)),
    ("GET", "/b/k?cache=7&_=1", .read(key)), ("GET", "/b/k?session=7", .read(key)),
    ("PUT", "/b/k?x-id=PutObject", .put(key, keepsDetails: false)),
    ("PUT", "/b/k?keep=0", .put(key, keepsDetails: false)),
    ("DELETE", "/b/d/?recursive=false", .delete(directory, recursive: false)),
    ("POST", "/b/k?meta", .change(key, replacesAll: false)),
    ("POST", "/b/k?meta&replace", .change(key, replacesAll: true)), ("GET", "/b/k?versions", .versions(key)),
    ("GET", "/b/k?version=v%2B1", .readVersion(key, "v+1")), ("POST", "/b/k?restore=v1", .restore(key, "v1")),
    ("GET", "/b/k?presign&expires=60&host=http://h:1", .presign(key, seconds: 60, host: "http://h:1")),
    ("GET", "/-/ready", .ready), ("GET", "/-/unsaved", .unsaved), ("GET", "/-/openapi.json", .openAPI),
  ])
  func `a query says what is wanted of a place`(method: String, target: String, route: Route) throws {
    #expect(try Router.route(Request(method: method, target: target)) == route)
  }

  @Test(arguments: ["/", "/b/k", "/-/health"])
  func `405 names the methods that are allowed`(target: String) {
    #expect { try Router.route(Request(method: "BREW", target: target)) } throws: {
      ($0 as? HTTPError)?.headers["Allow"]?.hasPrefix("GET, HEAD") == true
    }
  }

  @Test func `a form to a directory is an upload, to the root it is refused`() throws {
    let form: Headers = ["Content-Type": "multipart/form-data; boundary=x"]
    #expect(try Router.route(Request(method: "POST", target: "/b/d/", headers: form)) == .upload(Self.directory))
    #expect { try Router.route(Request(method: "POST", target: "/", headers: form)) } throws: {
      ($0 as? HTTPError)?.status == 409
    }
  }
}
