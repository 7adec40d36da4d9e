import FoundationEssentials

/// What answers at the endpoint.
public enum ServerIdentity: Hashable, Sendable {
  case localStack(version: String?)
  /// Some server that is no LocalStack, or one that does not say so.
  case answers
}

extension S3Client {
  /// Asks the endpoint who it is. Nothing depends on the answer but messages: any S3 will do.
  /// Throws `.connectionFailed`, `.timedOut` or `.tlsFailed` when nobody answers. Cost: one or two small requests.
  public func probe() async throws(S3Error) -> ServerIdentity {
    for path in ["/_localstack/health", "/health"] {
      let response: HTTPResponse
      do throws(TransportFailure) {
        response = try await transport.send(builder.unsigned(path: path))
      } catch {
        throw S3Error(error, operation: "Health check of \(configuration.endpoint)")
      }
      guard response.head.status == 200, let health = HealthAnswer(response.body) else { continue }
      return .localStack(version: health.version)
    }
    return .answers
  }
}

/// The part of LocalStack's health answer that is of interest.
private struct HealthAnswer: Decodable {
  let services: [String: String]
  let version: String?

  init?(_ body: [UInt8]) {
    guard let answer = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
    self = answer
  }
}
