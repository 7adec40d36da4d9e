// The one header through which Swift sees libarchive.
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

// libarchive turns names into the charset of the calling thread's locale; a server's is "C", which knows ASCII only.
// NULL where the system has no such locale (glibc before 2.35).
static inline locale_t _Nullable carchive_new_utf8_locale(void) {
  return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}
static inline locale_t _Nullable carchive_use_locale(locale_t _Nullable locale) { return uselocale(locale); }

// Macros that Swift does not import.
static const unsigned int carchive_file = AE_IFREG;
static const unsigned int carchive_directory = AE_IFDIR;
static const unsigned int carchive_symbolic_link = AE_IFLNK;
