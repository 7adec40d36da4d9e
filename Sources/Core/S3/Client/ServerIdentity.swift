import FoundationEssentials

/// The server that answers at the endpoint.
public enum ServerIdentity: Hashable, Sendable {
  case localStack(version: String?)
  /// A server with a name of its own, as in "SeaweedFS 3.97".
  case other(String)
  /// A server that is not LocalStack, or does not identify itself.
  case answers

  /// The name in messages: "LocalStack 4.12.0", "SeaweedFS 3.97", or "S3".
  public var name: String {
    switch self {
    case .localStack(let version): version.map { "LocalStack \($0)" } ?? "LocalStack"
    case .other(let name): name
    case .answers: "S3"
    }
  }
}

/// Sends requests to the endpoint for which S3 itself has no operation.
struct ServerProbe {
  let builder: RequestBuilder
  let transport: CurlTransport
  let endpoint: Endpoint

  /// Identifies the server at the endpoint. Nothing depends on the answer but messages: any S3 will do. Throws
  /// `.connectionFailed`, `.timedOut` or `.tlsFailed` when no server answers. Cost: one to three small requests.
  func identity() async throws(S3Error) -> ServerIdentity {
    var software: String?
    for path in ["/_localstack/health", "/health"] {
      let response: HTTPResponse
      do throws(TransportFailure) {
        response = try await transport.send(builder.unsigned(path: path))
      } catch {
        throw S3Error(
          error.explained(for: endpoint, hasAnswered: false), operation: "Health check of \(endpoint)")
      }
      software = software ?? response.head["server"].flatMap(Self.software)
      guard response.head.status == 200, let health = HealthAnswer(response.body), health.isOfLocalStack
      else { continue }
      // Servers that emulate LocalStack answer as it does, and in addition by their own name.
      if let name = await ownName() { return .other(name) }
      return .localStack(version: health.version)
    }
    if let software { return .other(software) }
    return await isMoto() ? .other("moto") : .answers
  }

  /// Returns whether the server is moto, which has a page of its own, and no other sign.
  private func isMoto() async -> Bool {
    guard let response = try? await transport.send(builder.unsigned(path: "/moto-api/")) else { return false }
    return response.head.status == 200 && String(decoding: response.body, as: UTF8.self).contains("Moto")
  }

  private func ownName() async -> String? {
    for (path, name) in [("/_ministack/health", "MiniStack"), ("/_floci/health", "Floci")] {
      guard let response = try? await transport.send(builder.unsigned(path: path)), response.head.status == 200,
        let health = HealthAnswer(response.body)
      else { continue }
      return health.version.map { "\(name) \($0)" } ?? name
    }
    return nil
  }

  /// Returns the S3 software named in a Server header; nil for web servers that may have any behind them.
  static func software(_ server: String) -> String? {
    let product = server.split(separator: " ").first ?? ""
    let parts = product.split(separator: "/", maxSplits: 1).map(String.init)
    guard let name = parts.first else { return nil }
    let names = [
      "amazons3": "Amazon S3", "minio": "MinIO", "seaweedfs": "SeaweedFS", "rclone": "rclone", "garage": "Garage",
      "ceph": "Ceph", "juicefs": "JuiceFS", "zenko": "Zenko", "riakcs": "Riak CS", "versitygw": "Versity",
      "versity": "Versity", "rustfs": "RustFS", "floci": "Floci", "ministack": "MiniStack",
    ]
    guard let known = names[name.lowercased()] else { return nil }
    let number = server.split(separator: " ").dropFirst().first { word in
      word.allSatisfy { $0.isNumber || $0 == "." }
    }
    let version = parts.count > 1 ? parts[1] : number.map(String.init)
    return version.map { "\(known) \($0)" } ?? known
  }

  /// Returns why the server is not ready yet (no server answers, or LocalStack's init scripts are running), or nil when
  /// it is. Cost: one small request.
  func reasonToWait() async -> String? {
    do throws(TransportFailure) {
      let response = try await transport.send(builder.unsigned(path: "/_localstack/init"))
      guard response.head.status == 200,
        let answer = try? JSONDecoder().decode(InitAnswer.self, from: Data(response.body)),
        answer.completed["READY"] == false
      else { return nil }
      return "the init scripts of LocalStack have not ended"
    } catch {
      return S3Error(error.explained(for: endpoint, hasAnswered: false), operation: "GET /_localstack/init")
        .sentence(about: endpoint.description)
    }
  }
}

/// The relevant part of LocalStack's answer about its init scripts.
private struct InitAnswer: Decodable {
  let completed: [String: Bool]
}

/// The relevant part of a health answer.
private struct HealthAnswer: Decodable {
  let version: String?
  private let services: [String: String]?

  var isOfLocalStack: Bool { services != nil }

  init?(_ body: [UInt8]) {
    guard let answer = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
    self = answer
  }
}
