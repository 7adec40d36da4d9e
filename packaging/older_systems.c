// Linked into the binary of the wheel and the tar.gz, so that these run on older systems and bring fewer libraries.

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

// libarchive names every format that it knows; for this one, which is never asked for, it would need libxml2, and that
// all of ICU.
int archive_write_set_format_xar(void *archive) {
  (void)archive;
  return -30;  // ARCHIVE_FATAL
}

// In glibc since 2.36; Swift and expat call them for the seeds of their hashes.
void arc4random_buf(void *buffer, size_t count) {
  char *next = buffer;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      abort();
    }
    next += got;
    count -= (size_t)got;
  }
}

uint32_t arc4random(void) {
  uint32_t number;
  arc4random_buf(&number, sizeof number);
  return number;
}

// glibc 2.35 gave it a new version. The product of two floats, as doubles, neither overflows nor underflows.
float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}
