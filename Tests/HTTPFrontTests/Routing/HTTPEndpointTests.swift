import Core
import FoundationEssentials
import TestSupport
import Testing

@testable import HTTPFront

/// Checks the table of endpoints, and that the documents agree with it.
struct HTTPEndpointTests {
  /// A URL for each kind of place, and its path in openapi.json.
  static func url(_ place: HTTPEndpoint.Place) -> (url: String, template: String) {
    switch place {
    case .root: ("/", "/")
    case .bucket: ("/box/", "/{bucket}/")
    case .directory: ("/box/d/", "/{bucket}/{directory}/")
    case .object: ("/box/x", "/{bucket}/{key}")
    case .own(let path): (path.replacing("{version}", with: "v").replacing("{name}", with: "n"), path)
    }
  }

  /// A request that the endpoint answers.
  static func request(_ endpoint: HTTPEndpoint, _ place: HTTPEndpoint.Place, query: String? = nil) -> Request {
    let query = query ?? endpoint.example
    let form: Headers = ["Content-Type": "multipart/form-data; boundary=b"]
    let isForm = endpoint.method == "POST" && endpoint.verb == nil
    return Request(
      method: endpoint.method, target: url(place).url + (query.isEmpty ? "" : "?\(query)"),
      headers: isForm ? form : Headers())
  }

  private static let cases = HTTPEndpoint.all.indices.flatMap { index in
    HTTPEndpoint.all[index].places.indices.map { (index, $0) }
  }

  @Test func `the router finds an endpoint by its own example, at each of its places`() throws {
    for endpoint in HTTPEndpoint.all {
      for place in endpoint.places {
        let request = Self.request(endpoint, place)
        let choice = try Router.choose(request)
        #expect(choice.endpoint?.summary == endpoint.summary, "\(request.method) \(request.target)")
        // Only endpoints that change something have conditions.
        #expect(endpoint.isMutating == (try choice.action().subject != nil), "\(endpoint.title)")
      }
    }
  }

  @Test func `no two endpoints serve the same request`() {
    var seen: Set<String> = []
    for endpoint in HTTPEndpoint.all {
      for place in endpoint.places {
        #expect(seen.insert("\(endpoint.title) \(place)").inserted, "\(endpoint.title)")
      }
    }
  }

  @Test func `endpoints that change something refuse unknown queries`() throws {
    for endpoint in HTTPEndpoint.all where endpoint.isMutating {
      for place in endpoint.places {
        for extra in ["nobody=1", "Move", "uploadId=u", "json", "acl"] {
          let query = endpoint.example.isEmpty ? extra : endpoint.example + "&" + extra
          #expect(throws: HTTPError.self, "\(endpoint.title) \(extra)") {
            try Router.action(of: Self.request(endpoint, place, query: query))
          }
        }
      }
    }
  }

  @Test func `Allow lists the methods of the endpoints at a place`() throws {
    let own: [HTTPEndpoint.Place] = [.own("/-/health"), .own("/-/snapshots"), .own("/-/snapshots/{name}")]
    for place in [.root, .bucket, .directory, .object] + own {
      let methods = Set(HTTPEndpoint.all.filter { $0.places.contains(place) }.map(\.method))
      let request = Request(method: "OPTIONS", target: Self.url(place).url)
      guard let options = try Router.action(of: request) as? AnswerOptions else {
        Issue.record("no options at \(place)")
        continue
      }
      let allowed = Set(options.allow.split(separator: ", ").map(String.init))
      #expect(allowed == methods.union(["HEAD", "OPTIONS"]))
    }
  }

  // MARK: openapi.json

  private struct Document: Decodable {
    struct Operation: Decodable {
      var summary: String
      var parameters: [Parameter]?
    }
    struct Parameter: Decodable {
      var name: String
      var `in`: String
    }
    struct Item: Decodable {
      var get, put, post, delete: Operation?

      func operation(_ method: String) -> Operation? {
        switch method {
        case "GET": get
        case "PUT": put
        case "POST": post
        default: delete
        }
      }
    }
    var paths: [String: Item]
  }

  private static func document() throws -> Document {
    try JSONDecoder().decode(Document.self, from: Data(Asset.openAPI.bytes))
  }

  private static func documented(_ operation: Document.Operation?) -> Set<String> {
    Set((operation?.parameters ?? []).filter { $0.in == "query" }.map(\.name))
  }

  @Test func `openapi.json contains every endpoint with every name of its query`() throws {
    let document = try Self.document()
    for endpoint in HTTPEndpoint.all {
      for place in endpoint.places {
        let operation = document.paths[Self.url(place).template]?.operation(endpoint.method)
        #expect(operation != nil, "\(endpoint.title) at \(place)")
        let missing = Set(endpoint.names).subtracting(Self.documented(operation))
        #expect(missing.isEmpty, "\(endpoint.title) at \(place): \(missing.sorted())")
      }
    }
  }

  @Test func `openapi.json contains nothing that no endpoint has`() throws {
    for (path, item) in try Self.document().paths {
      for method in ["GET", "PUT", "POST", "DELETE"] {
        guard let operation = item.operation(method) else { continue }
        let endpoints = HTTPEndpoint.all.filter { endpoint in
          endpoint.method == method && endpoint.places.contains { Self.url($0).template == path }
        }
        #expect(!endpoints.isEmpty, "\(method) \(path)")
        let unknown = Self.documented(operation).subtracting(endpoints.flatMap(\.names))
        #expect(unknown.isEmpty, "\(method) \(path): \(unknown.sorted())")
      }
    }
  }

  // MARK: HTTP.md

  @Test func `HTTP dot md contains every endpoint, and shows it in a line that a test runs`() throws {
    let text = try String(contentsOfFile: TestPath.repository + "/docs/HTTP.md", encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.contains("curl ") }
    for endpoint in HTTPEndpoint.all {
      for name in endpoint.names {
        #expect(text.contains("?\(name)") || text.contains("&\(name)"), "\(endpoint.title): \(name)")
      }
      guard let verb = endpoint.verb else { continue }
      let isShown = lines.contains { line in
        line.contains("?\(verb)")
          && (endpoint.method == "GET" || line.contains("-X \(endpoint.method)") || line.contains("-d ")
            || line.contains("--data-binary"))
      }
      #expect(isShown, "\(endpoint.title) is in no curl line")
    }
  }
}
