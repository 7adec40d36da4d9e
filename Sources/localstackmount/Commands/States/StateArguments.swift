internal import ArgumentParser
private import Core
private import Glibc
internal import S3
internal import States

/// The options for S3 and for the cache.
struct StateConnection: ParsableArguments {
  @OptionGroup var place: EndpointArguments

  @Option(
    help: ArgumentHelp(
      "Directory for snapshots and cached knowledge of objects and files. (default: $XDG_CACHE_HOME or ~/.cache, /localstackmount)",
      valueName: "directory"), completion: .directory)
  var cacheDir: String?

  @Flag(help: "Fetch the headers and tags of every object, instead of trusting what is cached for unchanged ones.")
  var thorough = false

  @Flag(name: [.short, .long], help: "Print nothing on success.")
  var quiet = false

  /// Returns the client, not yet connected. `count` is called for each request.
  func client(count: @escaping @Sendable () -> Void) throws(StateFailure) -> S3Client {
    do throws(ConfigurationError) {
      var configuration = try settings.resolve(environment: RunSettings.processEnvironment)
      configuration.observer = { _ in count() }
      return try S3Client(configuration)
    } catch { throw Self.failure(error) }
  }

  private var settings: S3Settings {
    let (endpoint, region, profile) = place.given
    var settings = S3Settings(endpoint: endpoint, region: region, profile: profile)
    settings.report = StateRun.complain
    return settings
  }

  private static func failure(_ error: ConfigurationError) -> StateFailure {
    switch error {
    case .badEndpoint, .badRegion: StateFailure(.usage, error.description)
    default: StateFailure(.trouble, error.description)
    }
  }

  /// Throws unless the endpoint is local, for commands that delete; before anything else is checked.
  func requireLocal(for command: String, isForced: Bool) throws(StateFailure) {
    let endpoint: Endpoint
    do throws(ConfigurationError) {
      endpoint = try settings.endpoint(environment: RunSettings.processEnvironment).endpoint
    } catch { throw Self.failure(error) }
    try Safety.require(local: endpoint, for: command, isForced: isForced)
  }

  func cache() throws(StateFailure) -> StateCache {
    let directory: String
    do throws(StartFailure) {
      directory = try RunSettings.cacheDirectory(cacheDir, RunSettings.processEnvironment)
    } catch { throw StateFailure(.trouble, error.message) }
    return try StateCache(directory)
  }
}

/// A time: "30s", "500ms", "2m", "1h", or seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
  let duration: Duration
  private let text: String

  init(seconds: Int) {
    duration = .seconds(seconds)
    text = "\(seconds)s"
  }

  init?(argument: String) {
    text = argument
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1)]
    guard let (unit, factor) = units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(unit.count)), number.isFinite, number >= 0, number * factor < 1e9,
      argument.first.map({ $0.isNumber || $0 == "." }) ?? false
    else { return nil }
    duration = .milliseconds(Int64(number * factor * 1000))
  }

  var seconds: Int { Int(duration.components.seconds) }
  var defaultValueDescription: String { text }
}

/// Patterns from user input.
enum Patterns {
  static func require(_ patterns: [String]) throws {
    if let problem = PlacePattern.problem(of: patterns) { throw ValidationError(problem + ".") }
  }
}

/// A part of the buckets: `BUCKET` or `BUCKET/KEYS`.
struct ScopeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only these: BUCKET, or BUCKET/KEYS with a pattern like 'orders/out/**'. Repeatable.", valueName: "pattern"))
  var only: [String] = []

  // Unconditional: a suffix mostly begins with a hyphen.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Suffix of the buckets' names at the endpoint that the directory leaves out, such as -w1 for a test's worker.",
      valueName: "text"))
  var suffix = ""

  func validate() throws { try Patterns.require(only) }

  var scope: Scope { Scope(only, suffix: suffix) }

  /// Returns a state with the names that its buckets have at the endpoint.
  func atEndpoint(_ state: UnreadState) throws(StateFailure) -> UnreadState {
    try StateNames.requireBuckets(state.buckets.map { $0 + suffix })
    return suffix.isEmpty ? state : state.renamed { [suffix] in $0 + suffix }
  }

  /// The name of a bucket's folder.
  var folder: @Sendable (String) -> String {
    { [suffix] name in name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name }
  }
}
