#pragma once
#include <stddef.h>

// A file of the page, embedded in the binary. The bytes live as long as the process.
struct CWebAsset {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
};

extern const size_t cWebAssetCount;

// The file at an index below cWebAssetCount; the template index.html stands first, openapi.json last.
struct CWebAsset cWebAsset(size_t index);
