/// How `--memory` is divided.
///
///     unsaved bytes    1/4
///     names            up to 5/8, taken from cached contents as they come
///     cached contents  what is left, and 1/8 always
struct MemoryShares {
  let memory: Int
  /// Whether listings wait for all headers: more of them must be remembered for the next listing to be cheap.
  let readsAllMetadata: Bool

  var unsaved: Int { memory / 4 }
  var contentsAndNames: Int { memory - unsaved }
  /// The share of listings, remembered or in use, of remembered headers and of inodes together. For listings in use,
  /// remembered data is evicted; if that is not enough, the directory cannot be listed.
  var names: Int { memory / 8 * 5 }
  /// The share of remembered listings.
  var listings: Int { memory / 8 * 3 }
  /// The share of remembered headers.
  var headers: Int { readsAllMetadata ? memory / 5 * 2 : memory / 5 }
  /// The share of inodes: beyond it the kernel is requested to forget unused files.
  var inodes: Int { memory / 8 }
}
