#pragma once
#include <stddef.h>

// A file of the page, embedded in the binary. The bytes live as long as the process.
struct CWebAsset {
  const unsigned char *_Nonnull bytes;
  size_t count;
};

extern const struct CWebAsset cWebAssetIndexHTML;
extern const struct CWebAsset cWebAssetAppCSS;
extern const struct CWebAsset cWebAssetAppJS;
