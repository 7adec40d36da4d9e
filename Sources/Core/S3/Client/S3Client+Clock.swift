extension S3Client {
  /// Returns how many seconds the server's clock is ahead of this machine's; nil if it does not say. Cost: one small
  /// request.
  public func clockLead() async throws(S3Error) -> Int64? {
    do throws(TransportFailure) {
      let response = try await transport.send(builder.unsigned(path: "/"))
      return response.head["date"].flatMap(Timestamp.init(httpDate:)).map { $0.seconds - Timestamp.now().seconds }
    } catch {
      throw S3Error(error, operation: "Time of \(configuration.endpoint)")
    }
  }
}
