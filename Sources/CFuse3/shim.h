// The one header through which Swift sees libfuse. _FILE_OFFSET_BITS is left alone: it clashes with the Glibc module.
#pragma once
#define FUSE_USE_VERSION 314
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

// fuse_session_loop_mt is a versioned macro or a function, depending on how libfuse was built: Swift sees neither.
static inline int cfuse_session_loop_mt(struct fuse_session *session, struct fuse_loop_config *config) {
  return fuse_session_loop_mt(session, config);
}

// O_DIRECT differs by architecture, and its public name needs _GNU_SOURCE.
static inline int cfuse_o_direct(void) { return __O_DIRECT; }

// gettid(2) needs _GNU_SOURCE.
static inline int cfuse_thread_id(void) { return (int)syscall(SYS_gettid); }

// Whether two descriptors of two processes are of the same open(2): kcmp(2) with KCMP_FILE. It has no wrapper.
static inline int cfuse_is_same_description(int process, int descriptor, int otherProcess, int otherDescriptor) {
  return syscall(SYS_kcmp, process, otherProcess, 0, (unsigned long)descriptor, (unsigned long)otherDescriptor) == 0;
}

// Gives the calling thread a table of descriptors of its own, with the standard streams only. close_range(2), of Linux
// 5.9, and its CLOSE_RANGE_UNSHARE need _GNU_SOURCE. 0, or -1.
static inline int cfuse_unshare_descriptors(void) {
#ifdef SYS_close_range
  return (int)syscall(SYS_close_range, 3u, ~0u, 1u << 1);
#else
  return -1;
#endif
}
