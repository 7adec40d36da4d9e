import Core

extension Holdings {
  /// As gauges, for /-/metrics.
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
