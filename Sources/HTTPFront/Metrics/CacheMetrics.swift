import Core

extension CacheUses {
  /// The counters for /-/metrics.
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

extension Holdings {
  /// The gauges for /-/metrics.
  var text: String {
    let gauges: [(name: String, help: String, value: Int64)] = [
      ("inodes", "Inodes that the kernel knows, or that are open or unsaved.", Int64(inodes)),
      ("open_files", "Files open in the mount.", Int64(openFiles)),
      ("unsaved_files", "Files whose last upload failed.", Int64(unsavedFiles)),
      ("listed_names", "Names of all remembered listings.", Int64(listedNames)),
      ("remembered_headers", "Objects whose headers are remembered.", Int64(rememberedHeaders)),
      ("name_bytes", "Memory of listings, remembered headers and inodes, about.", nameBytes),
      ("cached_bytes", "Bytes of objects in memory.", Int64(cachedBytes)),
      ("unsaved_bytes", "Unsaved bytes in memory.", unsavedBytes),
      ("spool_bytes", "Bytes of the spool on disk.", spoolBytes),
      ("kept_bytes", "Bytes on disk of objects that were read.", keptBytes),
    ]
    return gauges.reduce("") { text, gauge in
      let name = "localstackmount_\(gauge.name)"
      return text + "# HELP \(name) \(gauge.help)\n# TYPE \(name) gauge\n\(name) \(gauge.value)\n"
    }
  }
}
