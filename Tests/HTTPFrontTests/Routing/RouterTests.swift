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
    ("PUT", "/b/k", .put(key)), ("PUT", "/b/", .makeDirectory(bucket)),
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
    ("POST", "/?unzip", 409), ("GET", "/b/k?wait=x", 400), ("GET", "/b/k?watch", 400), ("GET", "/b/k?version=", 400),
    ("POST", "/b/k?restore=", 400), ("GET", "/b/k?presign&expires=999999999", 400), ("GET", "/-/nothing", 404),
    ("PUT", "/-/health", 405), ("GET", "/-", 404),
  ])
  func `what cannot be done is refused with its status`(method: String, target: String, status: Int) {
    #expect { try Router.route(Request(method: method, target: target)) } throws: { ($0 as? Refusal)?.status == status }
  }

  @Test(arguments: [
    ("GET", "/b/d/?zip", Route.archive(directory, .zip)), ("GET", "/?tar", .archive(.root, .tar)),
    ("POST", "/b/d/?zip", .archiveChosen(directory, .zip)), ("POST", "/b/d/?untar", .unpack(directory, .tar)),
    ("GET", "/b/d/?watch", .watch(directory, deep: false)), ("GET", "/?watch&recursive", .watch(.root, deep: true)),
    ("GET", "/b/k?wait=2m", .wait(key, atMost: .seconds(120))),
    ("GET", "/b/d/?wait=3", .wait(directory, atMost: .seconds(3))),
    ("POST", "/b/k?meta", .change(key)), ("GET", "/b/k?versions", .versions(key)),
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
      ($0 as? Refusal)?.headers["Allow"]?.hasPrefix("GET, HEAD") == true
    }
  }

  @Test func `a form to a directory is an upload, to the root it is refused`() throws {
    let form: Headers = ["Content-Type": "multipart/form-data; boundary=x"]
    #expect(try Router.route(Request(method: "POST", target: "/b/d/", headers: form)) == .upload(Self.directory))
    #expect { try Router.route(Request(method: "POST", target: "/", headers: form)) } throws: {
      ($0 as? Refusal)?.status == 409
    }
  }
}
