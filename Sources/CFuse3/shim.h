// The one header through which Swift sees libfuse. _FILE_OFFSET_BITS is left alone: it clashes with the Glibc module.
#pragma once
#define FUSE_USE_VERSION 314
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

// fuse_session_loop_mt is a versioned macro or a function, depending on how libfuse was built: Swift sees neither.
static inline int cfuse_session_loop_mt(struct fuse_session *session, struct fuse_loop_config *config) {
  return fuse_session_loop_mt(session, config);
}

// O_DIRECT differs by architecture, and its public name needs _GNU_SOURCE.
static inline int cfuse_o_direct(void) { return __O_DIRECT; }

// prctl is variadic.
static inline void cfuse_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
