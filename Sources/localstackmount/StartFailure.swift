/// Why nothing could be started: one line that says what is wrong and what to do.
struct StartFailure: Error {
  let message: String
}
