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
  /// Of listings, remembered or in use, of remembered headers and of inodes together. In use means: what is remembered
  /// makes room, and if that is not enough, the directory cannot be listed.
  var names: Int { memory / 8 * 5 }
  /// Of remembered listings.
  var listings: Int { memory / 8 * 3 }
  /// Of remembered headers.
  var headers: Int { readsAllMetadata ? memory / 5 * 2 : memory / 5 }
  /// Of inodes: beyond it the kernel is asked to forget files that nobody uses.
  var inodes: Int { memory / 8 }
}
