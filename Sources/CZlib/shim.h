// The one header through which Swift sees zlib.
#pragma once
#include <zlib.h>

// deflateInit2 is a macro. 15 + 16: the largest window, and gzip's header and trailer around it.
static inline int czlib_gzip_init(z_stream *_Nonnull stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

// inflateInit2 is a macro. 15 + 16: gzip only.
static inline int czlib_gunzip_init(z_stream *_Nonnull stream) { return inflateInit2(stream, 15 + 16); }
