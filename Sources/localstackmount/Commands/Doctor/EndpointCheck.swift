private import S3

/// Checks for `doctor` whether the endpoint answers, accepts the credentials, and has the right time.
struct EndpointCheck: Sendable {
  private let settings: S3Settings
  private let environment: [String: String]

  init(_ endpoint: String?, _ region: String?, _ profile: String?, _ environment: [String: String]) {
    settings = S3Settings(endpoint: endpoint, region: region, profile: profile)
    self.environment = environment
  }

  /// S3 refuses signatures that are older or newer by more than 15 minutes.
  private static let tolerated: Int64 = 60

  func findings() async -> [Finding] {
    let choice: EndpointChoice
    do throws(ConfigurationError) { choice = try settings.endpoint(environment: environment) } catch {
      return [.toDo("endpoint", error.description)]
    }
    let client: S3Client
    do throws(ConfigurationError) {
      var configuration = try settings.resolve(environment: environment)
      configuration.deadlines = Deadlines(request: .seconds(5))
      client = try S3Client(configuration)
    } catch {
      return [Finding("endpoint", "\(choice.endpoint) (\(choice.source))"), .toDo("credentials", error.description)]
    }
    let server: String
    do throws(S3Error) { server = try await client.probe().name } catch {
      return [
        .toDo(
          "endpoint",
          "nothing answers at \(choice.endpoint) (\(choice.source)): \(error.message): start the emulator, or name "
            + "another --endpoint")
      ]
    }
    let answered = Finding("endpoint", "\(choice.endpoint) (\(choice.source)): \(server)")
    return [answered, await credentials(client), await clock(client)] + proxy(choice.endpoint)
  }

  private func credentials(_ client: S3Client) async -> Finding {
    do throws(S3Error) {
      let count = try await client.listBuckets().count
      return Finding(
        "credentials",
        "accepted, region \(client.configuration.region): \(count == 1 ? "1 bucket" : "\(count) buckets")")
    } catch {
      return .toDo(
        "credentials",
        "the buckets are not listed (\(error)): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile")
    }
  }

  private func clock(_ client: S3Client) async -> Finding {
    guard let lead = try? await client.clockLead() else { return Finding("clock", "the server does not tell its time") }
    if abs(lead) <= Self.tolerated { return Finding("clock", "within \(Self.tolerated) s of the server's") }
    return .toDo(
      "clock",
      "this machine's is \(abs(lead)) s \(lead > 0 ? "behind" : "ahead of") the server's: `timedatectl set-ntp true`; "
        + "requests are signed with the server's time meanwhile")
  }

  /// Returns proxies that the environment names, which requests go through unless the endpoint is local.
  private func proxy(_ endpoint: Endpoint) -> [Finding] {
    guard !endpoint.isLocal else { return [] }
    let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    let set = names.filter { environment[$0] != nil }
    return set.isEmpty ? [] : [Finding("proxy", "by \(set.joined(separator: ", "))")]
  }
}
