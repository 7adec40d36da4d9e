import Archive
import Core
import Testing

@testable import Archive
@testable import HTTPFront

struct RouterTests {
  private static let key = ObjectPath(bucket: "b", key: "k")
  private static let directory = ObjectPath(bucket: "b", key: "d/")
  private static let bucket = ObjectPath(bucket: "b")

  private static let targets: [(String, String, any Action)] = [
    ("GET", "/", List(path: .root, format: .page)), ("HEAD", "/b/?json", List(path: bucket, format: .json)),
    ("GET", "/b/d/?simple", List(path: directory, format: .names)), ("GET", "/b", Redirect(location: "/b/")),
    ("GET", "/b?json", Redirect(location: "/b/?json")), ("GET", "/b/k", Read(path: key)),
    ("HEAD", "/b/k", Read(path: key)),
    ("GET", "/b/k?meta", Inspect(path: key)),
    ("GET", "/b/d/?q=x+y", Search(path: directory, words: "x y", format: .page)),
    ("GET", "/b/d/?recursive&json", Search(path: directory, words: "", format: .json)),
    ("GET", "/b/d/?recursive", List(path: directory, format: .page)),
    ("GET", "/b/d/?q=", List(path: directory, format: .page)),
    ("PUT", "/b/k", Put(path: key, keepsDetails: false)),
    ("PUT", "/b/k?keep", Put(path: key, keepsDetails: true)), ("PUT", "/b/", MakeDirectory(path: bucket)),
    ("PUT", "/b/d/", MakeDirectory(path: directory)), ("DELETE", "/b/k", Delete(path: key, recursive: false)),
    ("DELETE", "/b/d/?recursive", Delete(path: directory, recursive: true)),
    ("POST", "/b/d/?mkdir=x", MakeNamed(path: directory, name: "x")),
    ("POST", "/?mkdir", MakeNamed(path: .root, name: nil)),
    ("POST", "/b/k?delete", FormDelete(path: key, recursive: false)),
    (
      "POST", "/b/k?move=/c/n",
      Relocate(path: key, destination: ObjectPath(bucket: "c", key: "n"), removesSource: true, replaces: false)
    ),
    (
      "POST", "/b/k?copy=/c/d/&replace",
      Relocate(path: key, destination: ObjectPath(bucket: "c", key: "d/k"), removesSource: false, replaces: true)
    ),
    (
      "POST", "/b/d/?move=/c/e",
      Relocate(path: directory, destination: ObjectPath(bucket: "c", key: "e/"), removesSource: true, replaces: false)
    ),
    ("GET", "/-/health", ReportHealth()), ("GET", "/-/metrics", ReportMetrics()),
    ("HEAD", "/-/assets/v/a", GetAsset(version: "v", name: "a")),
    ("OPTIONS", "*", AnswerOptions(allow: "GET, HEAD, PUT, POST, DELETE, OPTIONS")),
    ("OPTIONS", "/", AnswerOptions(allow: "GET, HEAD, POST, OPTIONS")),
    ("GET", "/-x/k", Read(path: ObjectPath(bucket: "-x", key: "k"))),
  ]

  @Test(arguments: targets)
  func `a method and a target are parsed into one action`(method: String, target: String, expected: any Action) throws {
    let action = try Router.action(of: Request(method: method, target: target))
    #expect(action.isSame(as: expected), "\(action)")
  }

  @Test(arguments: [
    ("GET", "/%zz", 400), ("GET", "//k", 400), ("PATCH", "/b/k", 405), ("PUT", "/", 405), ("DELETE", "/", 405),
    ("PUT", "/b", 409), ("POST", "/b/k", 400), ("POST", "/b/d/", 415), ("POST", "/b/k?move=x", 400),
    ("POST", "/b/k?move=/", 400), ("POST", "/b/?move=/c/", 409), ("GET", "/b/k?zip", 409), ("POST", "/b/k?untar", 409),
    ("GET", "/b/k?wait=x", 400), ("GET", "/b/k?watch", 400), ("GET", "/b/k?version=", 400),
    ("POST", "/b/k?restore=", 400), ("GET", "/b/k?presign&expires=999999999", 400), ("GET", "/-/nothing", 404),
    ("PUT", "/-/health", 405), ("GET", "/-", 404), ("GET", "/-/assets/v", 404), ("GET", "/-/assets//n", 404),
    // Queries of another method, place or endpoint.
    ("PUT", "/b/k?move=/b/n", 400), ("PUT", "/b/k?meta", 400), ("PUT", "/b/k?version=v1", 400),
    ("PUT", "/b/k?json", 400),
    ("PUT", "/b/d/?keep", 400), ("DELETE", "/b/k?keep", 400), ("DELETE", "/b/k?meta", 400), ("DELETE", "/b/?q=x", 400),
    ("DELETE", "/b/d/?version=v1", 400), ("DELETE", "/b/k?version=", 400),
    ("DELETE", "/b/k?versionId=a&version=b", 400),
    ("POST", "/b/k?move=/b/n&copy=/b/m", 400), ("POST", "/b/k?meta&delete", 400), ("POST", "/b/k?meta&recursive", 400),
    ("POST", "/b/d/?mkdir=x&unzip", 400), ("POST", "/b/k?move", 400), ("POST", "/b/k?copy=", 400),
    ("POST", "/b/d/?meta", 400), ("POST", "/b/k?restore", 400), ("POST", "/b/k?versionId=v1&copy=/b/n", 400),
    ("GET", "/b/k?move=/b/n", 400), ("GET", "/b/k?delete", 400), ("GET", "/b/d/?presign", 400),
    ("GET", "/b/?versions", 400), ("POST", "/b/?restore=v1", 400),
    ("GET", "/b/k?meta&versions", 400), ("GET", "/b/d/?zip&tar", 400),
    // Unknown, malformed and duplicate queries.
    ("PUT", "/b/k?Keep", 400), ("PUT", "/b/k?cache=1", 400), ("PUT", "/b/k?v=%", 400), ("PUT", "/b/k?", 0),
    ("DELETE", "/b/d/?Recursive", 400), ("DELETE", "/b/d/?recursive=perhaps", 400),
    ("DELETE", "/b/d/?recursive&%zz", 400),
    ("POST", "/b/k?move=/b/n&move=/b/m", 400), ("POST", "/b/k?move=%ff", 400), ("GET", "/b/k?version=%ff", 400),
    ("GET", "/b/k?version=a&version=b", 400), ("GET", "/b/d/?q=100%", 400),
    ("POST", "/b/k?delete=false", 400), ("POST", "/b/k?delete=-1", 400), ("POST", "/b/d/?unzip=0", 400),
    ("GET", "/b/d/*.csv?wait=1s&count=0", 400), ("GET", "/b/d/*.csv?wait=1s&count", 400),
    ("GET", "/b/k?wait=1s&count=2", 400), ("GET", "/b/d/?wait=1s&count=2&gone", 400), ("GET", "/?wait=1s&gone", 400),
    ("GET", "/?wait=1s&count=1", 400), ("GET", "/b/k?wait=1s&gone=perhaps", 400),
    // Names that mean something beside a verb only.
    ("GET", "/b/k?gone", 400), ("GET", "/b/d/?gone&json", 400), ("HEAD", "/b/d/?count=1", 400), ("GET", "/?count", 400),
    ("GET", "/b/k?expires=60", 400), ("GET", "/b/k?host=http://h", 400), ("GET", "/b/k?meta&gone", 400),
    ("GET", "/b/k?wait=1s&expires=60", 400), ("GET", "/b?gone", 400), ("GET", "/b/k?only=a", 0),
    ("GET", "/b/k?json", 0),
    ("GET", "/b/k?recursive", 0), ("GET", "/b/k?v=7", 0), ("GET", "/-/health?count=1", 0),
    // Queries of S3's API.
    ("PUT", "/b/k?acl", 501), ("PUT", "/b/k?uploadId=u&partNumber=1", 501), ("PUT", "/b/k?tagging", 501),
    ("PUT", "/b?versioning", 501), ("PUT", "/b/?policy", 501), ("POST", "/b/k?uploads", 501),
    ("POST", "/b/k?uploadId=u", 501),
    ("DELETE", "/b/k?tagging", 501), ("DELETE", "/b/k?uploadId=u", 501), ("DELETE", "/b/?cors", 501),
    ("GET", "/b/k?acl", 501),
    ("GET", "/b?list-type=2&prefix=a", 501), ("GET", "/b/?uploads", 501), ("GET", "/b?location", 501),
    ("PUT", "/b/k?x-id=UploadPart", 501), ("PUT", "/b/k?X-Amz-Signature=0", 501),
    ("POST", "/b/k?select&select-type=2", 501),
  ])
  func `impossible requests are refused with their status`(method: String, target: String, status: Int) {
    #expect(Self.refusal(Request(method: method, target: target))?.status ?? 0 == status, "\(method) \(target)")
  }

  private static func refusal(_ request: Request) -> HTTPError? {
    do { _ = try Router.action(of: request) } catch { return error }
    return nil
  }

  @Test(arguments: [
    ("x-amz-copy-source", "/b/k", 501), ("X-Amz-Acl", "private", 501), ("x-amz-tagging", "a=b", 501),
    ("x-amz-storage-class", "GLACIER", 501), ("x-amz-server-side-encryption", "AES256", 501),
    ("x-amz-write-offset-bytes", "5", 501), ("x-amz-decoded-content-length", "5", 501),
    ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 501), ("Content-Encoding", "aws-chunked, gzip", 501),
    ("x-amz-content-sha256", "UNSIGNED-PAYLOAD", 0), ("x-amz-date", "20260101T000000Z", 0), ("x-amz-meta-a", "b", 0),
  ])
  func `a header of S3's API is obeyed or refused`(name: String, value: String, status: Int) {
    var headers = Headers()
    headers.add(name, value)
    let refusal = Self.refusal(Request(method: "PUT", target: "/b/k", headers: headers))
    #expect(refusal?.status ?? 0 == status)
    #expect(Self.refusal(Request(method: "GET", target: "/b/k", headers: headers)) == nil)
  }

  @Test(arguments: ["PUT /b/d/", "POST /b/k?move=/b/n", "POST /b/k?meta", "POST /b/?mkdir=x", "DELETE /b/k"])
  func `metadata headers are refused where they are not stored`(request: String) {
    let parts = request.split(separator: " ").map(String.init)
    let request = Request(method: parts[0], target: parts[1], headers: ["x-amz-meta-a": "b"])
    #expect(Self.refusal(request)?.status == 400)
  }

  @Test func `S3's list of keys to delete is not a form that deletes the bucket`() {
    let headers: Headers = ["Content-Type": "application/xml", "Content-Length": "9"]
    #expect(Self.refusal(Request(method: "POST", target: "/b?delete", headers: headers))?.status == 415)
    #expect(Self.refusal(Request(method: "POST", target: "/b?delete", headers: ["Content-Length": "9"]))?.status == 415)
  }

  private static let queries: [(String, String, any Action)] = [
    ("GET", "/b/d/?zip", Pack(path: directory, format: .zip)), ("GET", "/?tar", Pack(path: .root, format: .tar)),
    ("POST", "/b/d/?zip", PackChosen(path: directory, format: .zip)),
    ("POST", "/b/d/?untar", Unpack(path: directory, format: .tar)),
    ("GET", "/b/d/?watch", Watch(path: directory, deep: false)),
    ("GET", "/?watch&recursive", Watch(path: .root, deep: true)),
    ("GET", "/b/k?wait=2m", Wait(path: key, limit: .seconds(120))),
    ("GET", "/b/d/?wait=3&json", Wait(path: directory, limit: .seconds(3), format: .json)),
    ("DELETE", "/b/k?version=v1", DeleteVersion(path: key, version: "v1")),
    ("DELETE", "/b/k?versionId=null", DeleteVersion(path: key, version: "null")),
    ("GET", "/b/k?versionId=v1", ReadVersion(path: key, version: "v1")), ("GET", "/b/k?v=100%", Read(path: key)),
    ("GET", "/b/k?cache=7&_=1", Read(path: key)), ("GET", "/b/k?session=7", Read(path: key)),
    ("PUT", "/b/k?x-id=PutObject", Put(path: key, keepsDetails: false)),
    ("PUT", "/b/k?keep=0", Put(path: key, keepsDetails: false)),
    ("DELETE", "/b/d/?recursive=false", Delete(path: directory, recursive: false)),
    ("POST", "/b/k?meta", ChangeDetails(path: key, replacesAll: false)),
    ("POST", "/b/k?meta&replace", ChangeDetails(path: key, replacesAll: true)),
    ("GET", "/b/k?versions", ListVersions(path: key)),
    ("GET", "/b/k?version=v%2B1", ReadVersion(path: key, version: "v+1")),
    ("POST", "/b/k?restore=v1", RestoreVersion(path: key, version: "v1")),
    ("GET", "/b/k?presign&expires=60&host=http://h:1", Presign(path: key, seconds: 60, host: "http://h:1")),
    ("GET", "/-/ready", ReportReadiness()), ("GET", "/-/unsaved", ListUnsaved()),
    ("GET", "/-/openapi.json", GetOpenAPI()),
  ]

  @Test(arguments: queries)
  func `a query selects the action on a place`(method: String, target: String, expected: any Action) throws {
    let action = try Router.action(of: Request(method: method, target: target))
    #expect(action.isSame(as: expected), "\(action)")
  }

  @Test(arguments: ["/", "/b/k", "/-/health"])
  func `405 lists the allowed methods`(target: String) {
    #expect { try Router.action(of: Request(method: "BREW", target: target)) } throws: {
      ($0 as? HTTPError)?.headers["Allow"]?.hasPrefix("GET, HEAD") == true
    }
  }

  @Test func `a form to a directory is an upload, to the root it is refused`() throws {
    let form: Headers = ["Content-Type": "multipart/form-data; boundary=x"]
    let action = try Router.action(of: Request(method: "POST", target: "/b/d/", headers: form))
    #expect(action as? Upload == Upload(path: Self.directory))
    #expect { try Router.action(of: Request(method: "POST", target: "/", headers: form)) } throws: {
      ($0 as? HTTPError)?.status == 409
    }
  }
}

extension Action {
  fileprivate func isSame(as other: any Action) -> Bool { self == other as? Self }
}
