import Core

extension CacheUses {
  /// As counters, for /-/metrics.
  var text: String {
    let caches = [("contents", contents), ("headers", headers), ("listings", listings)]
    let counters: [(name: String, help: String, value: (CacheUse) -> Int)] = [
      ("hits", "Questions that a cache answered.", { $0.hits }),
      ("misses", "Questions that went on to S3 (contents: blocks that were fetched).", { $0.misses }),
    ]
    return counters.reduce("") { text, counter in
      let name = "localstackmount_cache_\(counter.name)_total"
      let lines = caches.map { "\(name){cache=\"\($0.0)\"} \(counter.value($0.1))\n" }
      return text + "# HELP \(name) \(counter.help)\n# TYPE \(name) counter\n" + lines.joined()
    }
  }
}
