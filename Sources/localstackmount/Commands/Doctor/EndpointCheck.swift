private import S3

/// Checks for `doctor` whether the endpoint answers, accepts the credentials, and has the right time.
struct EndpointCheck: Sendable {
  private var settings: S3Settings
  private let environment: [String: String]

  init(_ endpoint: String?, _ region: String?, _ profile: String?, _ environment: [String: String]) {
    settings = S3Settings(endpoint: endpoint, region: region, profile: profile)
    settings.report = StateRun.complain
    self.environment = environment
  }

  /// S3 refuses signatures that are older or newer by more than 15 minutes.
  private static let tolerated: Int64 = 60

  func findings() async -> [Finding] {
    let choice: EndpointChoice
    var configuration: S3Configuration
    let trial: S3Client
    do throws(ConfigurationError) {
      choice = try settings.endpoint(environment: environment)
      configuration = try settings.connection(environment: environment)
      configuration.deadlines = Deadlines(request: .seconds(5))
      trial = try S3Client(configuration)
    } catch { return [.toDo("endpoint", error.description)] }
    let place = "\(choice.endpoint) (\(choice.source))"
    let server: String
    // Needs no credentials: the endpoint is tried even where there are none.
    do throws(S3Error) { server = try await trial.probe().name } catch {
      return [.toDo("endpoint", error.sentence(about: place))] + credentialsFinding + proxy(choice.endpoint)
    }
    let answered = Finding("endpoint", "\(place): \(server)")
    let client: S3Client
    do throws(ConfigurationError) {
      let found = try settings.resolve(environment: environment)
      configuration.credentials = found.credentials
      configuration.credentialProcess = found.credentialProcess
      client = try S3Client(configuration)
    } catch { return [answered, .toDo("credentials", error.description)] + proxy(choice.endpoint) }
    do throws(S3Error) {
      let count = try await client.listBuckets().count
      let accepted = Finding(
        "credentials", "accepted, region \(configuration.region): \(count == 1 ? "1 bucket" : "\(count) buckets")")
      return [answered, accepted, await clock(client)] + proxy(choice.endpoint)
    } catch {
      let sentence = error.sentence(about: place)
      return
        (error.isOfCredentials
        ? [answered, .toDo("credentials", sentence), await clock(client)] : [.toDo("endpoint", sentence)])
        + proxy(choice.endpoint)
    }
  }

  /// Returns what is wrong with the credentials, as far as it is known without a server.
  private var credentialsFinding: [Finding] {
    do throws(ConfigurationError) {
      _ = try settings.resolve(environment: environment)
      return []
    } catch { return [.toDo("credentials", error.description)] }
  }

  private func clock(_ client: S3Client) async -> Finding {
    guard let lead = try? await client.clockLead() else { return Finding("clock", "the server does not tell its time") }
    if abs(lead) <= Self.tolerated { return Finding("clock", "within \(Self.tolerated) s of the server's") }
    return .toDo(
      "clock",
      "this machine's is \(abs(lead)) s \(lead > 0 ? "behind" : "ahead of") the server's: `timedatectl set-ntp true`; "
        + "requests are signed with the server's time meanwhile")
  }

  /// Returns the proxy that requests go through.
  private func proxy(_ endpoint: Endpoint) -> [Finding] {
    Proxy.used(for: endpoint, environment: environment).map { [Finding("proxy", "\($0) (\($0.variable))")] } ?? []
  }
}
